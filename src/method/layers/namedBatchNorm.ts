/** Batch norm by the names that PyTorch gives its parameters and buffers. */
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Parameters } from '../../program/lookup.js';
import { float32, type NamedSpecs, type NamedTensors } from '../../program/program.js';
import type { Pass } from '../backbone.js';
import { constant, type Initial } from '../initial.js';
import { batchNorm, batchNormByRunning } from './batchNorm.js';
import { normOf } from './parametersOfLayers.js';

export const batchNormParameters = (name: string, channels: number): NamedSpecs => ({
  [`${name}.weight`]: float32(channels),
  [`${name}.bias`]: float32(channels),
});

export const batchNormBuffers = (name: string, channels: number): NamedSpecs => ({
  [`${name}.running_mean`]: float32(channels),
  [`${name}.running_var`]: float32(channels),
  [`${name}.num_batches_tracked`]: float32(),
});

/** How a parameter or buffer of batch norm starts, by the end of its name: as if nothing were normalized. */
export const initialOfBatchNorm = (name: string): Initial => constant(/\.(?:weight|running_var)$/.test(name) ? 1 : 0);

/**
 * The layer `name`. In training it takes the statistics of the batch, of all devices together, and gives the buffers that it has moved.
 * @throws Error when a channel has a single value in training
 */
export function namedBatchNorm<T extends Tensor2D | Tensor4D>(
  get: Parameters,
  name: string,
  x: T,
  { isTraining, replicas }: Pass,
): { readonly y: T; readonly buffers: NamedTensors } {
  const running = {
    mean: get<Tensor1D>(`${name}.running_mean`),
    variance: get<Tensor1D>(`${name}.running_var`),
    batches: get<Scalar>(`${name}.num_batches_tracked`),
  };
  if (!isTraining) return { y: batchNormByRunning(x, normOf(get, name), running), buffers: {} };
  const { y, running: moved } = batchNorm(x, normOf(get, name), running, replicas);
  return {
    y,
    buffers: {
      [`${name}.running_mean`]: moved.mean,
      [`${name}.running_var`]: moved.variance,
      [`${name}.num_batches_tracked`]: moved.batches,
    },
  };
}
