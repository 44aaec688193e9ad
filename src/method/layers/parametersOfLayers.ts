import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../program/lookup.js';

/** A linear layer. */
export interface Linear {
  /** [out, in], as PyTorch stores it. */
  readonly weight: tf.Tensor2D;
  /** [out]; absent: the layer has none. */
  readonly bias?: tf.Tensor1D;
}

/** Gain and shift of a norm, each [dim]. */
export interface Norm {
  readonly weight: tf.Tensor1D;
  readonly bias: tf.Tensor1D;
}

export const linearOf = (get: Parameters, name: string, hasBias = true): Linear => ({
  weight: get(`${name}.weight`),
  ...(hasBias && { bias: get(`${name}.bias`) }),
});

export const normOf = (get: Parameters, name: string): Norm => ({
  weight: get(`${name}.weight`),
  bias: get(`${name}.bias`),
});
