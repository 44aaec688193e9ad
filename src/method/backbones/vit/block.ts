import * as tf from '@tensorflow/tfjs-core';
import { type Parameters, within } from '../../../program/lookup.js';
import { substitution } from '../../../program/substitution.js';
import type { Pass } from '../../backbone.js';
import { attend } from '../../layers/attention.js';
import { attentionWeights } from '../../layers/attentionWeights.js';
import { layerNorm } from '../../layers/layerNorm.js';
import { linear } from '../../layers/linear.js';
import { linearOf, normOf } from '../../layers/parametersOfLayers.js';
import { ATTENTION, addBranch, MLP } from './droppedBranch.js';
import { feedForward, feedForwardLayers } from './feedForward.js';
import { foldedBlock } from './foldedBlock.js';
import { mergeHeads, splitHeads } from './heads.js';
import type { VitSpec } from './spec.js';
import type { Tokens } from './tokens.js';

/** Query (scaled), key and value of every token, each [batch, heads, length, dim / heads]. */
function queryKeyValue(vit: VitSpec, get: Parameters, { rows: x, batch, length }: Tokens) {
  const rows = linear(layerNorm(x, normOf(get, 'norm1'), vit.normEps), linearOf(get, 'attn.qkv', vit.qkvBias));
  const [query, key, value] = splitHeads(vit, rows, batch, length, 3) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  return [tf.mul(query, (vit.embedDim / vit.numHeads) ** -0.5), key, value] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
}

/** What LayerScale makes of a branch. @param name `ls1` or `ls2` */
const scaled = (vit: VitSpec, get: Parameters, name: string, branch: tf.Tensor2D): tf.Tensor2D =>
  vit.layerScale ? tf.mul(branch, get(`${name}.gamma`)) : branch;

/** A block of a ViT (dino's vision_transformer.py and dinov2's block.py, `Block`). */
function plainBlock(
  vit: VitSpec,
  parameters: Parameters,
  tokens: Tokens,
  block: number,
  dropPath?: Pass['dropPath'],
): Tokens {
  const get = within(parameters, `blocks.${block}`);
  const attention = (tokens: Tokens) => {
    const mixed = mergeHeads(attend(...queryKeyValue(vit, get, tokens)));
    return scaled(vit, get, 'ls1', linear(mixed, linearOf(get, 'attn.proj', vit.projBias)));
  };
  const mlp = ({ rows }: Tokens) => {
    const normed = layerNorm(rows, normOf(get, 'norm2'), vit.normEps);
    return scaled(vit, get, 'ls2', feedForward(vit, normed, feedForwardLayers(vit, get)));
  };
  const middle = addBranch(tokens, attention, dropPath, { block, branch: ATTENTION });
  const rows = addBranch({ ...tokens, rows: middle }, mlp, dropPath, { block, branch: MLP });
  return { ...tokens, rows };
}

/** A block, and the share that each of its tokens takes of each other one's value, [batch, heads, length, length]. */
export function blockWithAttention(
  vit: VitSpec,
  parameters: Parameters,
  tokens: Tokens,
  block: number,
): { readonly tokens: Tokens; readonly attention: tf.Tensor4D } {
  const get = within(parameters, `blocks.${block}`);
  const [query, key, value] = queryKeyValue(vit, get, tokens);
  const attention = attentionWeights(query, key);
  const mixed = mergeHeads(tf.matMul(attention, value));
  const middle: tf.Tensor2D = tf.add(
    tokens.rows,
    scaled(vit, get, 'ls1', linear(mixed, linearOf(get, 'attn.proj', vit.projBias))),
  );
  const normed = layerNorm(middle, normOf(get, 'norm2'), vit.normEps);
  const branch = scaled(vit, get, 'ls2', feedForward(vit, normed, feedForwardLayers(vit, get)));
  const rows: tf.Tensor2D = tf.add(middle, branch);
  return { tokens: { ...tokens, rows }, attention };
}

export const transformerBlock = substitution(plainBlock, foldedBlock);
