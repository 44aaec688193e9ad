/** Stochastic depth: residual branches that are left out for some of the samples. */
import * as tf from '@tensorflow/tfjs-core';
import { substitution } from '../../../program/substitution.js';
import type { DropPathScales, KeptSamples } from '../../backbone.js';
import { keptBranch } from './keptBranch.js';
import type { Tokens } from './tokens.js';

/** Which residual branch of a block. */
export const ATTENTION = 0;
export const MLP = 1;

/** The scales, or the samples, of one branch of one block. */
export interface Place {
  readonly block: number;
  readonly branch: typeof ATTENTION | typeof MLP;
}

/** What a branch makes of tokens: the same number of rows for each sample, [samples * rows, dim]. */
export type Branch = (tokens: Tokens) => tf.Tensor2D;

/** What a branch is added to: the tokens' own rows, or those of them that are wanted. */
export type Base = (tokens: Tokens) => tf.Tensor2D;

const allRows: Base = ({ rows }) => rows;

/**
 * The rows of `base` and what a branch adds to them under stochastic depth, [batch * rows, dim].
 * @param base gives as many rows for each sample as the branch
 */
export function addBranch(
  tokens: Tokens,
  branch: Branch,
  dropPath: DropPathScales | KeptSamples | undefined,
  { block, branch: which }: Place,
  base = allRows,
): tf.Tensor2D {
  if (dropPath !== undefined && isKeptSamples(dropPath)) {
    const [, , kept, batch] = dropPath.shape;
    const picked: tf.Tensor2D = tf.reshape(tf.slice(dropPath, [block, which, 0, 0], [1, 1, kept, batch]), [
      kept,
      batch,
    ]);
    return branchOfKept(tokens, branch, picked, base);
  }
  const y = branch(tokens);
  // Of DINO's the first block's rate is 0 (linspace(0, rate, depth)).
  const isWhole = dropPath === undefined || block === 0;
  const added = isWhole ? y : scaled(y, tf.slice(dropPath, [block, which, 0], [1, 1, dropPath.shape[2]]));
  return tf.add(base(tokens), added);
}

const isKeptSamples = (dropPath: DropPathScales | KeptSamples): dropPath is KeptSamples => dropPath.rank === 4;

/** @param scales a number for each sample */
function scaled(y: tf.Tensor2D, scales: tf.Tensor): tf.Tensor2D {
  const batch = scales.size;
  const ofSamples = tf.reshape(scales, [batch, 1, 1]);
  const [rows, dim] = y.shape;
  return tf.reshape(tf.mul(tf.reshape(y, [batch, rows / batch, dim]), ofSamples), [rows, dim]);
}

/** The branch of all samples, of which those that are not picked count nothing. @param picked [kept, batch] */
function branchOfAll(tokens: Tokens, branch: Branch, picked: tf.Tensor2D, base: Base): tf.Tensor2D {
  const [kept, batch] = picked.shape;
  return tf.add(base(tokens), scaled(branch(tokens), tf.mul(tf.sum(picked, 0), batch / kept)));
}

const branchOfKept = substitution(branchOfAll, keptBranch);
