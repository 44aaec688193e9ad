import * as tf from '@tensorflow/tfjs-core';
import { type Parameters, within } from '../../../program/lookup.js';
import { substitution } from '../../../program/substitution.js';
import type { DropPathScales } from '../../backbone.js';
import { attend } from '../../layers/attention.js';
import { layerNorm } from '../../layers/layerNorm.js';
import { linear } from '../../layers/linear.js';
import { mlp } from '../../layers/mlp.js';
import { linearOf, normOf } from '../../layers/parametersOfLayers.js';
import { ATTENTION, droppedBranch, MLP } from './droppedBranch.js';
import { foldedBlock } from './foldedBlock.js';
import { mergeHeads, splitHeads } from './heads.js';
import type { VitSpec } from './spec.js';
import type { Tokens } from './tokens.js';

/** Query (scaled), key and value of every token, each [batch, heads, length, dim / heads]. */
function queryKeyValue(vit: VitSpec, get: Parameters, x: tf.Tensor2D, { batch, length }: Tokens) {
  const rows = linear(layerNorm(x, normOf(get, 'norm1')), linearOf(get, 'attn.qkv'));
  const [query, key, value] = splitHeads(vit, rows, batch, length, 3) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  return [tf.mul(query, (vit.embedDim / vit.numHeads) ** -0.5), key, value] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
}

/** A block of a ViT (vision_transformer.py, `Block`). */
function plainBlock(
  vit: VitSpec,
  parameters: Parameters,
  tokens: Tokens,
  block: number,
  dropPath?: DropPathScales,
): Tokens {
  const get = within(parameters, `blocks.${block}`);
  let x = tokens.rows;
  const attended = linear(mergeHeads(attend(...queryKeyValue(vit, get, x, tokens))), linearOf(get, 'attn.proj'));
  x = tf.add(x, droppedBranch(attended, dropPath, block, ATTENTION));
  const hidden = mlp(layerNorm(x, normOf(get, 'norm2')), [linearOf(get, 'mlp.fc1'), linearOf(get, 'mlp.fc2')]);
  x = tf.add(x, droppedBranch(hidden, dropPath, block, MLP));
  return { ...tokens, rows: x };
}

export const transformerBlock = substitution(plainBlock, foldedBlock);
