/**
 * Batch normalization (Ioffe and Szegedy 2015, arXiv 1502.03167), as PyTorch's BatchNorm2d and BatchNorm1d compute it: of images [batch,
 * channels, height, width] or of rows [rows, features]. What is said of channels here holds for features.
 *
 * DINO converts its networks to SyncBatchNorm (main_dino.py), whose statistics are those of all processes' images. So they are taken over
 * all replicas here. Calls that share a step (gradient accumulation, which the original does not have) are normalized each by itself, and
 * each moves the running statistics, as PyTorch does it.
 */
import * as tf from '@tensorflow/tfjs-core';
import { meanOverReplicas } from '../../program/replicas.js';
import type { Norm } from './parametersOfLayers.js';

const EPSILON = 1e-5;
/** What a batch's statistics count in the running ones. */
const MOMENTUM = 0.1;

/**
 * Mean and unbiased variance as evaluation takes them, [channels]; and how many batches they come from, a scalar. As float32 it counts to
 * 2^24; TensorFlow keeps no whole numbers on GPUs.
 */
export interface RunningStatistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
  readonly batches: tf.Scalar;
}

export interface Normalized<T extends tf.Tensor> {
  readonly y: T;
  readonly running: RunningStatistics;
}

type Images = tf.Tensor2D | tf.Tensor4D;

/**
 * Training: normalizes by the mean and the biased variance of the batch, and moves the running statistics a tenth of the way to its mean and
 * its unbiased variance.
 * @param replicas devices that share the batch evenly
 * @throws Error when a channel has a single value, which has no variance
 */
export function batchNorm<T extends Images>(
  x: T,
  { weight, bias }: Norm,
  running: RunningStatistics,
  replicas = 1,
): Normalized<T> {
  const count = (replicas * x.size) / channelsOf(x);
  if (count < 2)
    throw new Error(`Batch norm of [${x.shape}] needs two values of each channel in training: use a larger batch.`);
  const op = tf.customGrad((x, weight, bias, save) => {
    const images = x as tf.Tensor;
    const { centered, variance } = statisticsOf(images, replicas);
    const inverseStd = tf.rsqrt(tf.add(variance, EPSILON));
    const scale = tf.mul(inverseStd, alongChannels(weight as tf.Tensor, images));
    (save as tf.GradSaveFunc)([centered, inverseStd, scale]);
    return {
      value: tf.add(tf.mul(centered, scale), alongChannels(bias as tf.Tensor, images)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        gradients(dy, saved as [tf.Tensor, tf.Tensor, tf.Tensor], replicas),
    };
  });
  // tfjs lets nothing but its value out of an op, so they are computed a second time; engines that compile merge the two.
  const { mean, variance } = statisticsOf(x, replicas);
  return {
    y: op(x, weight, bias) as T,
    running: {
      mean: moved(running.mean, mean),
      variance: moved(running.variance, tf.mul(variance, count / (count - 1))),
      batches: tf.add(running.batches, 1),
    },
  };
}

/** Evaluation: normalizes by the running statistics. */
export function batchNormByRunning<T extends Images>(x: T, { weight, bias }: Norm, running: RunningStatistics): T {
  const scale = tf.mul(weight, tf.rsqrt(tf.add(running.variance, EPSILON)));
  const shift = tf.sub(bias, tf.mul(running.mean, scale));
  return tf.add(tf.mul(x, alongChannels(scale, x)), alongChannels(shift, x));
}

const channelsOf = (x: tf.Tensor): number => x.shape[1] as number;

/** Batch, and height and width where there are some. */
const otherAxes = (x: tf.Tensor): number[] => (x.rank === 2 ? [0] : [0, 2, 3]);

/** [channels] -> what broadcasts along the channels of `x`. */
const alongChannels = (values: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.reshape(
    values,
    x.shape.map((size, axis) => (axis === 1 ? size : 1)),
  );

/** The mean of each channel of this replica's images, in a shape that broadcasts. */
const ownMeans = (x: tf.Tensor): tf.Tensor => tf.mean(x, otherAxes(x), true);

/** The mean of all replicas' `own`. An engine for a single device has no op for it. */
const agreed = (own: tf.Tensor, replicas: number): tf.Tensor => (replicas > 1 ? meanOverReplicas(own) : own);

/** The biased variance comes from the differences from the mean: the difference of mean square and squared mean would cancel out. */
function statisticsOf(x: tf.Tensor, replicas: number) {
  const mean = agreed(ownMeans(x), replicas);
  const centered = tf.sub(x, mean);
  return { mean, centered, variance: agreed(ownMeans(tf.mul(centered, centered)), replicas) };
}

/** Of x, weight and bias. Those of the parameters are this replica's own, like all gradients of parameters. */
function gradients(
  dy: tf.Tensor,
  [centered, inverseStd, scale]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
  replicas: number,
): tf.Tensor[] {
  const perChannel = dy.size / channelsOf(dy);
  const offset = ownMeans(dy);
  const along = ownMeans(tf.mul(dy, centered));
  const slope = tf.mul(agreed(along, replicas), tf.mul(inverseStd, inverseStd));
  const rest = tf.sub(tf.sub(dy, tf.mul(centered, slope)), agreed(offset, replicas));
  return [
    tf.mul(rest, scale),
    tf.reshape(tf.mul(along, tf.mul(inverseStd, perChannel)), [-1]),
    tf.reshape(tf.mul(offset, perChannel), [-1]),
  ];
}

const moved = (running: tf.Tensor1D, batch: tf.Tensor): tf.Tensor1D =>
  tf.add(tf.mul(running, 1 - MOMENTUM), tf.mul(tf.reshape(batch, running.shape), MOMENTUM));
