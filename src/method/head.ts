import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../program/lookup.js';
import type { Linear } from './linear.js';
import { mlp } from './mlp.js';
import { normalizeRows } from './normalize.js';
import { preciseProduct } from './preciseProduct.js';

/**
 * The projection head (vision_transformer.py, `DINOHead`): three linear layers with GELU, the result scaled to length 1,
 * then a weight-normed linear layer onto the K prototypes. [rows, dim] -> logits [rows, K].
 */
export function project(parameters: Parameters, features: tf.Tensor2D): tf.Tensor2D {
  const layer = (index: number): Linear => ({
    weight: parameters(`mlp.${index}.weight`),
    bias: parameters(`mlp.${index}.bias`),
  });
  const bottleneck = normalizeRows(mlp(features, [layer(0), layer(2), layer(4)]));
  const directions = normalizeRows(parameters('last_layer.weight_v'));
  const prototypes = tf.mul(directions, parameters('last_layer.weight_g'));
  return preciseProduct(bottleneck, prototypes as tf.Tensor2D);
}
