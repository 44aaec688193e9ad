/** A block whose two norms, LayerScale and attention's scale are folded into the linear layers beside them. */
import * as tf from '@tensorflow/tfjs-core';
import { type Parameters, within } from '../../../program/lookup.js';
import type { Pass } from '../../backbone.js';
import { attend } from '../../layers/attention.js';
import { foldNorm } from '../../layers/foldedNorm.js';
import { standardizeRows } from '../../layers/layerNorm.js';
import { linear } from '../../layers/linear.js';
import { type Linear, linearOf, normOf } from '../../layers/parametersOfLayers.js';
import { scaleOutputs } from '../../layers/scaleOutputs.js';
import { ATTENTION, addBranch, MLP } from './droppedBranch.js';
import { type FeedForwardLayers, feedForward, feedForwardLayers } from './feedForward.js';
import { mergeHeads, splitHeads } from './heads.js';
import type { VitSpec } from './spec.js';
import type { Tokens } from './tokens.js';

export interface FoldedWeights {
  /** [3 * dim, dim]: query (scaled), key, value. */
  readonly queryKeyValue: Required<Linear>;
  readonly projection: Linear;
  readonly mlp: FeedForwardLayers;
}

export function foldedWeights(vit: VitSpec, parameters: Parameters, block: number): FoldedWeights {
  const dim = vit.embedDim;
  const scale = (dim / vit.numHeads) ** -0.5;
  const get = within(parameters, `blocks.${block}`);
  const rowScale = new Float32Array(3 * dim).fill(1).fill(scale, 0, dim);
  // What is added to all keys alike adds one number to all scores of a query, which softmax ignores. So the keys have no bias here, and
  // its gradient is the 0 that it is, instead of rounding errors, which AdamW would divide by their own size.
  const biasScale = rowScale.slice().fill(0, dim, 2 * dim);
  const folded = foldNorm(normOf(get, 'norm1'), linearOf(get, 'attn.qkv', vit.qkvBias));
  const queryKeyValue: Required<Linear> = {
    weight: tf.mul(folded.weight, tf.tensor2d(rowScale, [3 * dim, 1])),
    bias: tf.mul(folded.bias, tf.tensor1d(biasScale)),
  };
  const projection = linearOf(get, 'attn.proj', vit.projBias);
  const [first, last] = feedForwardLayers(vit, get);
  const scaled = (name: string, layer: Linear): Linear =>
    vit.layerScale ? scaleOutputs(layer, get(`${name}.gamma`)) : layer;
  return {
    queryKeyValue,
    projection: scaled('ls1', projection),
    mlp: [foldNorm(normOf(get, 'norm2'), first), scaled('ls2', last)],
  };
}

/** Query (scaled), key and value of every token, each [batch, heads, length, dim / heads]. */
export function foldedQueryKeyValue(vit: VitSpec, weights: FoldedWeights, { rows, batch, length }: Tokens) {
  const heads = splitHeads(vit, linear(standardizeRows(rows, vit.normEps), weights.queryKeyValue), batch, length, 3);
  return heads as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
}

/** What the attention branch adds, of where every token has its share of the values. @param mixed [batch, heads, length, dim / heads] */
export const projected = (weights: FoldedWeights, mixed: tf.Tensor4D): tf.Tensor2D =>
  linear(mergeHeads(mixed), weights.projection);

/** What the MLP's branch adds. */
export const foldedMlp = (vit: VitSpec, weights: FoldedWeights, rows: tf.Tensor2D): tf.Tensor2D =>
  feedForward(vit, standardizeRows(rows, vit.normEps), weights.mlp);

export function foldedBlock(
  vit: VitSpec,
  parameters: Parameters,
  tokens: Tokens,
  block: number,
  dropPath?: Pass['dropPath'],
): Tokens {
  const weights = foldedWeights(vit, parameters, block);
  const attention = (tokens: Tokens) => projected(weights, attend(...foldedQueryKeyValue(vit, weights, tokens)));
  const mlp = ({ rows }: Tokens) => foldedMlp(vit, weights, rows);
  const middle = addBranch(tokens, attention, dropPath, { block, branch: ATTENTION });
  const rows = addBranch({ ...tokens, rows: middle }, mlp, dropPath, { block, branch: MLP });
  return { ...tokens, rows };
}
