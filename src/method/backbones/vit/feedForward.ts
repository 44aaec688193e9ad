/** The second branch of a block, of either kind. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../../program/lookup.js';
import { mlp } from '../../layers/mlp.js';
import { type Linear, linearOf } from '../../layers/parametersOfLayers.js';
import { swiglu } from '../../layers/swiglu.js';
import { mlpLayers } from './parameters.js';
import type { VitSpec } from './spec.js';

export type FeedForwardLayers = readonly [Linear, Linear];

export function feedForwardLayers(vit: VitSpec, get: Parameters): FeedForwardLayers {
  const [first, last] = mlpLayers(vit);
  return [linearOf(get, first, vit.mlpBias), linearOf(get, last, vit.mlpBias)];
}

/** [rows, dim] -> [rows, dim]. */
export const feedForward = (vit: VitSpec, x: tf.Tensor2D, layers: FeedForwardLayers): tf.Tensor2D =>
  vit.mlp.kind === 'swiglu' ? swiglu(x, ...layers) : mlp(x, layers);
