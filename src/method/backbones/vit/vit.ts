/** The Vision Transformer of the paper (vision_transformer.py of the original). */
import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../../program/lookup.js';
import { sectionBegins } from '../../../program/sections.js';
import type { Backbone, Pass } from '../../backbone.js';
import { layerNorm } from '../../layers/layerNorm.js';
import { normOf } from '../../layers/parametersOfLayers.js';
import { transformerBlock } from './block.js';
import { lastBlockCls } from './lastBlockCls.js';
import { initialOf, vitParameters } from './parameters.js';
import type { VitSpec } from './spec.js';
import { embed, type Tokens } from './tokens.js';

export const vit = (spec: VitSpec): Backbone => ({
  dim: spec.embedDim,
  imageSize: spec.imageSize,
  inChans: spec.inChans,
  parameters: vitParameters(spec),
  buffers: {},
  droppableBlocks: spec.depth,
  initial: (name) => initialOf(spec, name),
  forward: (get, images, pass) => ({ pooled: clsFeatures(spec, get, images, pass) }),
});

/** The tokens after the first `count` blocks, as the next one takes them. */
export function encode(
  spec: VitSpec,
  get: Parameters,
  images: tf.Tensor4D,
  count: number,
  { dropPath, blocksAreSections = false }: Omit<Pass, 'isTraining'> = {},
): Tokens {
  const begin = (tokens: Tokens): Tokens =>
    blocksAreSections ? { ...tokens, rows: sectionBegins(tokens.rows) } : tokens;
  let tokens = begin(embed(spec, get, images));
  for (let block = 0; block < count; block++) {
    tokens = begin(transformerBlock(spec, get, tokens, block, dropPath));
  }
  return tokens;
}

export const finalNorm = (spec: VitSpec, get: Parameters, rows: tf.Tensor2D): tf.Tensor2D =>
  layerNorm(rows, normOf(get, 'norm'), spec.normEps);

/** The normed CLS token of the last block, [batch, dim]: the feature of an image. */
function clsFeatures(
  spec: VitSpec,
  get: Parameters,
  images: tf.Tensor4D,
  pass: Omit<Pass, 'isTraining'> = {},
): tf.Tensor2D {
  const last = spec.depth - 1;
  const tokens = encode(spec, get, images, last, pass);
  return finalNorm(spec, get, lastBlockCls(spec, get, tokens, last, pass.dropPath));
}
