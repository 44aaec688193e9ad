import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../program/lookup.js';
import { float32, type NamedSpecs, type NamedTensors } from '../../program/program.js';
import type { Pass } from '../backbone.js';
import type { Head, Projection } from '../head.js';
import { constant, type Initial, normal, uniformByFanIn } from '../initial.js';
import { linear } from '../layers/linear.js';
import { gelu, mlp } from '../layers/mlp.js';
import { batchNormBuffers, batchNormParameters, initialOfBatchNorm, namedBatchNorm } from '../layers/namedBatchNorm.js';
import { normalizeRows } from '../layers/normalizeRows.js';
import { linearOf } from '../layers/parametersOfLayers.js';
import { weightNormedProduct } from '../layers/weightNormedProduct.js';

export interface HeadSpec {
  readonly inDim: number;
  readonly hiddenDim: number;
  readonly bottleneckDim: number;
  /** K, the number of prototypes. */
  readonly outDim: number;
  /** Whether the norm of each prototype stays 1 (weight_g frozen). */
  readonly normLastLayer: boolean;
  /** Whether batch norm follows each hidden layer (`use_bn_in_head`). */
  readonly batchNorm: boolean;
}

export const dinoHead = (spec: HeadSpec): Head => ({
  parameters: headParameters(spec),
  buffers: headBuffers(spec),
  fixed: spec.normLastLayer ? ['last_layer.weight_g'] : [],
  initial: (name) => initialOfHead(spec, name),
  forward: (get, features, pass) => project(spec, get, features, pass),
});

/**
 * The projection head (vision_transformer.py, `DINOHead`): three linear layers with GELU, the result scaled to length 1,
 * then a weight-normed linear layer onto the K prototypes. [rows, dim] -> logits [rows, K].
 */
function project({ batchNorm }: HeadSpec, get: Parameters, features: tf.Tensor2D, pass: Pass): Projection {
  const hidden = (batchNorm ? normalizedMlp : plainMlp)(get, features, pass);
  const bottleneck = normalizeRows(hidden.rows);
  const outputs = weightNormedProduct(bottleneck, get('last_layer.weight_v'), get('last_layer.weight_g'));
  return { outputs, buffers: hidden.buffers };
}

interface Hidden {
  /** [rows, bottleneck] */
  readonly rows: tf.Tensor2D;
  readonly buffers: NamedTensors;
}

/** The places in the original's Sequential; those left out are the GELUs and, in the second, the norms too. */
const PLAIN_LAYERS = ['mlp.0', 'mlp.2', 'mlp.4'] as const;
const NORMALIZED_LAYERS = ['mlp.0', 'mlp.3', 'mlp.6'] as const;
const NORMS = ['mlp.1', 'mlp.4'] as const;

const plainMlp = (get: Parameters, features: tf.Tensor2D): Hidden => ({
  rows: mlp(
    features,
    PLAIN_LAYERS.map((name) => linearOf(get, name)),
  ),
  buffers: {},
});

function normalizedMlp(get: Parameters, features: tf.Tensor2D, pass: Pass): Hidden {
  let rows = features;
  let moved: NamedTensors = {};
  const [first, second, last] = NORMALIZED_LAYERS;
  for (const [layer, norm] of [
    [first, NORMS[0]],
    [second, NORMS[1]],
  ] as const) {
    const { y, buffers } = namedBatchNorm(get, norm, linear(rows, linearOf(get, layer)), pass);
    rows = gelu(y);
    moved = { ...moved, ...buffers };
  }
  return { rows: linear(rows, linearOf(get, last)), buffers: moved };
}

export function headParameters({ inDim, hiddenDim, bottleneckDim, outDim, batchNorm }: HeadSpec): NamedSpecs {
  const [first, second, last] = batchNorm ? NORMALIZED_LAYERS : PLAIN_LAYERS;
  const linearLayer = (name: string, width: number, outputs: number): NamedSpecs => ({
    [`${name}.weight`]: float32(outputs, width),
    [`${name}.bias`]: float32(outputs),
  });
  return {
    ...linearLayer(first, inDim, hiddenDim),
    ...(batchNorm && batchNormParameters(NORMS[0], hiddenDim)),
    ...linearLayer(second, hiddenDim, hiddenDim),
    ...(batchNorm && batchNormParameters(NORMS[1], hiddenDim)),
    ...linearLayer(last, hiddenDim, bottleneckDim),
    'last_layer.weight_g': float32(outDim, 1),
    'last_layer.weight_v': float32(outDim, bottleneckDim),
  };
}

export const headBuffers = ({ hiddenDim, batchNorm }: HeadSpec): NamedSpecs =>
  batchNorm ? { ...batchNormBuffers(NORMS[0], hiddenDim), ...batchNormBuffers(NORMS[1], hiddenDim) } : {};

/** How a parameter or buffer starts (`DINOHead._init_weights`; PyTorch's default for the last layer, whose norms start at 1). */
function initialOfHead({ bottleneckDim, batchNorm }: HeadSpec, name: string): Initial {
  if (name === 'last_layer.weight_v') return uniformByFanIn(bottleneckDim);
  if (name === 'last_layer.weight_g') return constant(1);
  if (batchNorm && NORMS.some((norm) => name.startsWith(`${norm}.`))) return initialOfBatchNorm(name);
  return name.endsWith('.bias') ? constant(0) : normal(0.02);
}
