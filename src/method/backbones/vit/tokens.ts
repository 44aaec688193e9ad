/** Images as the tokens that a ViT's blocks work on. */
import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../../program/lookup.js';
import { patchPositions } from './positionEmbedding.js';
import { patchesPerSide, tokensBeforePatches, type VitSpec } from './spec.js';

/** The token matrix of a batch: `batch` times `length` rows (CLS, registers, patches), so that every linear layer is one product. */
export interface Tokens {
  /** [batch * length, dim] */
  readonly rows: tf.Tensor2D;
  readonly batch: number;
  readonly length: number;
}

/** Patches [batch * rows * columns, channels * patch * patch], each patch as the convolution's kernel lays it out. */
function patchRows(images: tf.Tensor4D, vit: VitSpec): tf.Tensor2D {
  const [batch, channels, height, width] = images.shape;
  const p = vit.patchSize;
  const rows = patchesPerSide(vit, height);
  const columns = patchesPerSide(vit, width);
  // A rest at the right and at the bottom is left out.
  const covered = tf.slice(images, [0, 0, 0, 0], [batch, channels, rows * p, columns * p]);
  const grid = tf.reshape(covered, [batch, channels, rows, p, columns, p]);
  return tf.reshape(tf.transpose(grid, [0, 2, 4, 1, 3, 5]), [batch * rows * columns, channels * p * p]);
}

/** Which patches are masked, 1 or else 0, [batch, patches]. */
export type Masks = tf.Tensor2D;

/**
 * The tokens that the first block takes: a convolution over patches, `mask_token` in place of those that are masked, CLS, positions,
 * registers (dinov2's vision_transformer.py, `prepare_tokens_with_masks`).
 * @param resampled positions of the patches [patches, dim]; absent: the network's, resampled here
 */
export function embed(
  vit: VitSpec,
  get: Parameters,
  images: tf.Tensor4D,
  masks?: Masks,
  resampled?: tf.Tensor2D,
): Tokens {
  const [batch, , height, width] = images.shape;
  const dim = vit.embedDim;
  const patches = patchRows(images, vit);
  const count = patches.shape[0] / batch;
  const positions = get<tf.Tensor3D>('pos_embed');
  const ofPatches = resampled ?? patchPositions(positions, vit, height, width);
  const bias = get<tf.Tensor1D>('patch_embed.proj.bias');
  // The convolution's bias and the position embedding are both the same for every image: one addition instead of two.
  const offset = masks ? ofPatches : tf.add(ofPatches, bias);
  const weight: tf.Tensor2D = tf.reshape(get('patch_embed.proj.weight'), [dim, patches.shape[1]]);
  const projected: tf.Tensor3D = tf.reshape(tf.matMul(patches, weight, false, true), [batch, count, dim]);
  const shown = masks ? masked(tf.add(projected, bias), masks, get('mask_token')) : projected;
  const token = get<tf.Tensor3D>('cls_token');
  const cls = vit.positions.ofCls ? tf.add(token, tf.slice(positions, [0, 0, 0], [1, 1, dim])) : token;
  const registers = vit.registers > 0 ? [ofEachImage(get('register_tokens'), batch)] : [];
  const sequence = tf.concat([ofEachImage(cls, batch), ...registers, tf.add(shown, offset)], 1);
  const length = tokensBeforePatches(vit) + count;
  return { rows: tf.reshape(sequence, [batch * length, dim]), batch, length };
}

/** `mask_token` [1, dim] in place of each patch that is masked. [batch, patches, dim]. */
function masked(patches: tf.Tensor3D, masks: Masks, token: tf.Tensor2D): tf.Tensor3D {
  const [batch, count] = masks.shape;
  const isMasked = tf.reshape(masks, [batch, count, 1]);
  return tf.add(tf.mul(patches, tf.sub(1, isMasked)), tf.mul(token, isMasked));
}

/**
 * [1, tokens, dim] -> [batch, tokens, dim]. By adding zeros rather than tiling: the gradient of an addition is one sum, that of tfjs's tile
 * is `batch` slices.
 */
const ofEachImage = (token: tf.Tensor, batch: number): tf.Tensor3D => {
  const [, tokens, dim] = token.shape as [number, number, number];
  return tf.add(token, tf.zeros([batch, tokens, dim]));
};

/** The CLS rows [batch, dim] of a token matrix. */
export function clsRows({ rows, batch, length }: Tokens): tf.Tensor2D {
  const dim = rows.shape[1];
  return tf.reshape(tf.slice(tf.reshape(rows, [batch, length, dim]), [0, 0, 0], [batch, 1, dim]), [batch, dim]);
}
