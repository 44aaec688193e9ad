import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../../program/lookup.js';
import { substitution } from '../../../program/substitution.js';
import type { Pass } from '../../backbone.js';
import { attend } from '../../layers/attention.js';
import { standardizeRows } from '../../layers/layerNorm.js';
import { linear } from '../../layers/linear.js';
import type { Linear } from '../../layers/parametersOfLayers.js';
import { transformerBlock } from './block.js';
import { ATTENTION, addBranch, MLP } from './droppedBranch.js';
import { type FoldedWeights, foldedMlp, foldedWeights } from './foldedBlock.js';
import { splitHeads } from './heads.js';
import type { VitSpec } from './spec.js';
import { clsRows, type Tokens } from './tokens.js';

/** The layer that gives `count` of the outputs, from the `first` on. */
const outputsOf = ({ weight, bias }: Required<Linear>, first: number, count: number): Linear => ({
  weight: tf.slice(weight, [first, 0], [count, weight.shape[1]]),
  bias: tf.slice(bias, [first], [count]),
});

/** What the attention branch adds to the CLS token, [batch, dim]. */
function clsAttention(vit: VitSpec, weights: FoldedWeights, { batch, length, rows }: Tokens): tf.Tensor2D {
  const standardized = standardizeRows(rows, vit.normEps);
  const ownRows = clsRows({ rows: standardized, batch, length });
  const { embedDim: dim, numHeads } = vit;
  const query: tf.Tensor4D = tf.reshape(linear(ownRows, outputsOf(weights.queryKeyValue, 0, dim)), [
    batch,
    numHeads,
    1,
    dim / numHeads,
  ]);
  const keyValue = linear(standardized, outputsOf(weights.queryKeyValue, dim, 2 * dim));
  const [key, value] = splitHeads(vit, keyValue, batch, length, 2) as [tf.Tensor4D, tf.Tensor4D];
  return linear(tf.reshape(attend(query, key, value), [batch, dim]), weights.projection);
}

/**
 * The last block as far as the CLS token needs it: nothing reads what the block makes of the other tokens, so they only
 * give keys and values. Saves most of one block of `depth`, forward and backward. Returns [batch, dim].
 */
function clsAlone(
  vit: VitSpec,
  parameters: Parameters,
  tokens: Tokens,
  block: number,
  dropPath?: Pass['dropPath'],
): tf.Tensor2D {
  const weights = foldedWeights(vit, parameters, block);
  const attention = (tokens: Tokens) => clsAttention(vit, weights, tokens);
  const mlp = ({ rows }: Tokens) => foldedMlp(vit, weights, rows);
  const middle = addBranch(tokens, attention, dropPath, { block, branch: ATTENTION }, clsRows);
  return addBranch({ rows: middle, batch: tokens.batch, length: 1 }, mlp, dropPath, { block, branch: MLP });
}

const clsOfAll = (
  vit: VitSpec,
  parameters: Parameters,
  tokens: Tokens,
  block: number,
  dropPath?: Pass['dropPath'],
): tf.Tensor2D => clsRows(transformerBlock(vit, parameters, tokens, block, dropPath));

/** What the last block makes of the CLS token, [batch, dim]. */
export const lastBlockCls = substitution(clsOfAll, clsAlone);
