/** The Vision Transformer of the paper (vision_transformer.py of the original). */
import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../../program/lookup.js';
import { sectionBegins } from '../../../program/sections.js';
import type { Backbone, Pass } from '../../backbone.js';
import { layerNorm } from '../../layers/layerNorm.js';
import { normOf } from '../../layers/parametersOfLayers.js';
import { transformerBlock } from './block.js';
import { lastBlockCls } from './lastBlockCls.js';
import { initialOf, vitParameters } from './parameters.js';
import { patchesPerSide, tokensBeforePatches, type VitSpec } from './spec.js';
import { embed, type Tokens } from './tokens.js';

export const vit = (spec: VitSpec): Backbone => ({
  dim: spec.embedDim,
  imageSize: spec.imageSize,
  inChans: spec.inChans,
  outputSize: (tokensBeforePatches(spec) + patchesPerSide(spec, spec.imageSize) ** 2) * spec.embedDim,
  parameters: vitParameters(spec),
  buffers: {},
  droppableBlocks: spec.depth,
  layers: spec.depth + 1,
  layerOf: (name) => layerOf(spec, name),
  initial: (name) => initialOf(spec, name),
  forward: (get, images, pass) => ({ pooled: clsFeatures(spec, get, images, pass) }),
  tokens: (get, images, pass) => normedTokens(spec, get, images, pass),
});

function layerOf({ depth }: VitSpec, name: string): number {
  const block = /^blocks\.(\d+)\./.exec(name)?.[1];
  if (block !== undefined) return 1 + Number(block);
  return name.startsWith('norm.') ? depth + 1 : 0;
}

/** How a ViT is run. */
interface VitPass extends Omit<Pass, 'isTraining'> {
  /** Of the patches [patches, dim]; absent: the network's, resampled for the images. */
  readonly positions?: tf.Tensor2D;
}

/** The tokens after the first `count` blocks, as the next one takes them. */
export function encode(
  spec: VitSpec,
  get: Parameters,
  images: tf.Tensor4D,
  count: number,
  { dropPath, blocksAreSections = false, masks, positions }: VitPass = {},
): Tokens {
  const begin = (tokens: Tokens): Tokens =>
    blocksAreSections ? { ...tokens, rows: sectionBegins(tokens.rows) } : tokens;
  let tokens = begin(embed(spec, get, images, masks, positions));
  for (let block = 0; block < count; block++) {
    tokens = begin(transformerBlock(spec, get, tokens, block, dropPath));
  }
  return tokens;
}

/** All tokens of the last block after the final norm (dinov2's `forward_features`). */
export interface NormedTokens {
  /** [batch, dim] */
  readonly cls: tf.Tensor2D;
  /** [batch, registers, dim]; absent: the network has none. */
  readonly registers?: tf.Tensor3D;
  /** [batch, patches, dim] */
  readonly patches: tf.Tensor3D;
}

export function normedTokens(spec: VitSpec, get: Parameters, images: tf.Tensor4D, pass?: VitPass): NormedTokens {
  return normed(spec, get, encode(spec, get, images, spec.depth, pass));
}

/** @param of what the last block makes of the tokens */
export function normed(spec: VitSpec, get: Parameters, { rows, batch, length }: Tokens): NormedTokens {
  const tokens: tf.Tensor3D = tf.reshape(finalNorm(spec, get, rows), [batch, length, spec.embedDim]);
  const part = (first: number, count: number): tf.Tensor3D =>
    tf.slice(tokens, [0, first, 0], [batch, count, spec.embedDim]);
  const before = tokensBeforePatches(spec);
  return {
    cls: tf.reshape(part(0, 1), [batch, spec.embedDim]),
    ...(spec.registers > 0 && { registers: part(1, spec.registers) }),
    patches: part(before, length - before),
  };
}

export const finalNorm = (spec: VitSpec, get: Parameters, rows: tf.Tensor2D): tf.Tensor2D =>
  layerNorm(rows, normOf(get, 'norm'), spec.normEps);

/** The normed CLS token of the last block, [batch, dim]: the feature of an image. */
function clsFeatures(spec: VitSpec, get: Parameters, images: tf.Tensor4D, pass: VitPass = {}): tf.Tensor2D {
  const last = spec.depth - 1;
  const tokens = encode(spec, get, images, last, pass);
  return finalNorm(spec, get, lastBlockCls(spec, get, tokens, last, pass.dropPath));
}
