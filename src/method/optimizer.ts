/** AdamW as the original uses it: its parameter groups, and PyTorch's arithmetic (betas .9 and .999, eps 1e-8). */
import * as tf from '@tensorflow/tfjs-core';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** What AdamW multiplies by in one step, for one group of parameters. Frozen parameters get the values that change nothing. */
export interface AdamWCoefficients<Scalar> {
  /** 1 - lr * weight decay */
  readonly decay: Scalar;
  readonly beta1: Scalar;
  readonly beta2: Scalar;
  /** 1 - beta, or 0 when frozen. */
  readonly gradient1: Scalar;
  readonly gradient2: Scalar;
  /** lr * sqrt(1 - beta2^t) / (1 - beta1^t) */
  readonly stepSize: Scalar;
  /** eps * sqrt(1 - beta2^t) */
  readonly epsilon: Scalar;
}

/** @param t how many updates the group has had, this one included */
export function adamWCoefficients(lr: number, weightDecay: number, t: number): AdamWCoefficients<number> {
  const correction1 = 1 - BETA1 ** t;
  const correction2 = Math.sqrt(1 - BETA2 ** t);
  return {
    decay: 1 - lr * weightDecay,
    beta1: BETA1,
    beta2: BETA2,
    gradient1: 1 - BETA1,
    gradient2: 1 - BETA2,
    stepSize: (lr * correction2) / correction1,
    epsilon: EPSILON * correction2,
  };
}

/** No update at all: neither weights nor moments move (`cancel_gradients_last_layer` leaves such parameters without gradient). */
export const FROZEN: AdamWCoefficients<number> = {
  decay: 1,
  beta1: 1,
  beta2: 1,
  gradient1: 0,
  gradient2: 0,
  stepSize: 0,
  epsilon: 1,
};

export const COEFFICIENT_NAMES = Object.keys(FROZEN) as (keyof AdamWCoefficients<number>)[];

/** Biases and other one-dimensional parameters are not decayed; cls_token and pos_embed are (utils.py, `get_params_groups`). */
export const isDecayed = (name: string, rank: number): boolean => !name.endsWith('.bias') && rank > 1;

export interface Moments {
  readonly average: tf.Tensor;
  readonly averageSquare: tf.Tensor;
}

/** One AdamW update of one parameter, the gradient first multiplied by the scalar `gradientScale`. */
export function adamW(
  parameter: tf.Tensor,
  gradient: tf.Tensor,
  gradientScale: tf.Scalar,
  moments: Moments,
  c: AdamWCoefficients<tf.Scalar>,
): { readonly parameter: tf.Tensor } & Moments {
  const square = tf.square(gradientScale);
  const average = tf.add(tf.mul(moments.average, c.beta1), tf.mul(gradient, tf.mul(gradientScale, c.gradient1)));
  const averageSquare = tf.add(
    tf.mul(moments.averageSquare, c.beta2),
    tf.mul(tf.mul(gradient, gradient), tf.mul(square, c.gradient2)),
  );
  const direction = tf.div(average, tf.add(tf.sqrt(averageSquare), c.epsilon));
  return {
    parameter: tf.sub(tf.mul(parameter, c.decay), tf.mul(direction, c.stepSize)),
    average,
    averageSquare,
  };
}

/** What a gradient of this norm is multiplied by so that its norm is at most `limit` (utils.py, `clip_gradients`). */
export const clipScale = (norm: tf.Scalar, limit: number): tf.Scalar =>
  tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1) as tf.Scalar;
