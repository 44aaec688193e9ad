import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../program/lookup.js';
import { float32, type NamedSpecs } from '../../program/program.js';
import { constant, type Initial, normal, uniformByFanIn } from '../initial.js';
import { mlp } from '../layers/mlp.js';
import { normalizeRows } from '../layers/normalizeRows.js';
import { linearOf } from '../layers/parametersOfLayers.js';
import { preciseProduct } from '../layers/preciseProduct.js';

export interface HeadSpec {
  readonly inDim: number;
  readonly hiddenDim: number;
  readonly bottleneckDim: number;
  /** K, the number of prototypes. */
  readonly outDim: number;
  /** Whether the norm of each prototype stays 1 (weight_g frozen). */
  readonly normLastLayer: boolean;
}

/**
 * The projection head (vision_transformer.py, `DINOHead`): three linear layers with GELU, the result scaled to length 1,
 * then a weight-normed linear layer onto the K prototypes. [rows, dim] -> logits [rows, K].
 */
export function project(get: Parameters, features: tf.Tensor2D): tf.Tensor2D {
  const layers = ['mlp.0', 'mlp.2', 'mlp.4'].map((name) => linearOf(get, name));
  const bottleneck = normalizeRows(mlp(features, layers));
  const prototypes: tf.Tensor2D = tf.mul(normalizeRows(get('last_layer.weight_v')), get('last_layer.weight_g'));
  return preciseProduct(bottleneck, prototypes);
}

/** The head's parameters. The gaps in the numbering are the GELUs of the original's Sequential. */
export function headParameters({ inDim, hiddenDim, bottleneckDim, outDim }: HeadSpec): NamedSpecs {
  return {
    'mlp.0.weight': float32(hiddenDim, inDim),
    'mlp.0.bias': float32(hiddenDim),
    'mlp.2.weight': float32(hiddenDim, hiddenDim),
    'mlp.2.bias': float32(hiddenDim),
    'mlp.4.weight': float32(bottleneckDim, hiddenDim),
    'mlp.4.bias': float32(bottleneckDim),
    'last_layer.weight_g': float32(outDim, 1),
    'last_layer.weight_v': float32(outDim, bottleneckDim),
  };
}

/** How a parameter starts (`DINOHead._init_weights`; PyTorch's default for the last layer, whose norms start at 1). */
export function initialOfHead({ bottleneckDim }: HeadSpec, name: string): Initial {
  if (name === 'last_layer.weight_v') return uniformByFanIn(bottleneckDim);
  if (name === 'last_layer.weight_g') return constant(1);
  return name.endsWith('.bias') ? constant(0) : normal(0.02);
}
