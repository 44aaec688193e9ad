import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../../program/lookup.js';
import { substitution } from '../../../program/substitution.js';
import type { DropPathScales } from '../../backbone.js';
import { attend } from '../../layers/attention.js';
import { standardizeRows } from '../../layers/layerNorm.js';
import { linear } from '../../layers/linear.js';
import type { Linear } from '../../layers/parametersOfLayers.js';
import { transformerBlock } from './block.js';
import { ATTENTION, droppedBranch, MLP } from './droppedBranch.js';
import { feedForward } from './feedForward.js';
import { foldedWeights } from './foldedBlock.js';
import { splitHeads } from './heads.js';
import type { VitSpec } from './spec.js';
import { clsRows, type Tokens } from './tokens.js';

/** The layer that gives `count` of the outputs, from the `first` on. */
const outputsOf = ({ weight, bias }: Required<Linear>, first: number, count: number): Linear => ({
  weight: tf.slice(weight, [first, 0], [count, weight.shape[1]]),
  bias: tf.slice(bias, [first], [count]),
});

/**
 * The last block as far as the CLS token needs it: nothing reads what the block makes of the other tokens, so they only
 * give keys and values. Saves most of one block of `depth`, forward and backward. Returns [batch, dim].
 */
function clsAlone(
  vit: VitSpec,
  parameters: Parameters,
  tokens: Tokens,
  block: number,
  dropPath?: DropPathScales,
): tf.Tensor2D {
  const weights = foldedWeights(vit, parameters, block);
  const { batch, length, rows } = tokens;
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
  const attended: tf.Tensor2D = tf.reshape(attend(query, key, value), [batch, dim]);
  const projected = droppedBranch(linear(attended, weights.projection), dropPath, block, ATTENTION);
  const middle: tf.Tensor2D = tf.add(clsRows(tokens), projected);
  const hidden = feedForward(vit, standardizeRows(middle, vit.normEps), weights.mlp);
  return tf.add(middle, droppedBranch(hidden, dropPath, block, MLP));
}

const clsOfAll = (
  vit: VitSpec,
  parameters: Parameters,
  tokens: Tokens,
  block: number,
  dropPath?: DropPathScales,
): tf.Tensor2D => clsRows(transformerBlock(vit, parameters, tokens, block, dropPath));

/** What the last block makes of the CLS token, [batch, dim]. */
export const lastBlockCls = substitution(clsOfAll, clsAlone);
