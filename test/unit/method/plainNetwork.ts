/**
 * The network as the paper and the original's code write it: no weight folded into another, no block cut short, no gradient of its own.
 * What src/method computes is held to this.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import type { VitSpec } from '../../../src/method/backbones/vit/spec.js';
import type { NetworkSpec } from '../../../src/method/network.js';
import { vitOf } from './vitOf.js';

export type Weights = Readonly<Record<string, tf.Tensor>>;

const weight = (weights: Weights, name: string): tf.Tensor => {
  const tensor = weights[name];
  if (tensor === undefined) throw new Error(`The plain network has no ${name}.`);
  return tensor;
};

const linear = (weights: Weights, name: string, x: tf.Tensor): tf.Tensor => {
  const matrix = weight(weights, `${name}.weight`);
  const rows = tf.reshape(x, [-1, matrix.shape[1] as number]);
  const product = tf.matMul(rows, tf.transpose(matrix) as tf.Tensor2D);
  return tf.reshape(tf.add(product, weight(weights, `${name}.bias`)), [
    ...x.shape.slice(0, -1),
    matrix.shape[0] as number,
  ]);
};

function layerNorm(weights: Weights, name: string, x: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const standardized = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-6)));
  return tf.add(tf.mul(standardized, weight(weights, `${name}.weight`)), weight(weights, `${name}.bias`));
}

const gelu = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2))));

/** [batch, length, dim] -> every head's attention and the block's output. Heads one by one. */
function attention(vit: VitSpec, weights: Weights, block: string, x: tf.Tensor) {
  const [query, key, value] = tf.split(linear(weights, `${block}.attn.qkv`, x), 3, -1) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const heads = (all: tf.Tensor) => tf.split(all, vit.numHeads, -1);
  const perHead = heads(query).map((q, head) => {
    const scores = tf.matMul(q, heads(key)[head] as tf.Tensor, false, true);
    const shares = tf.softmax(tf.div(scores, Math.sqrt(vit.embedDim / vit.numHeads)));
    return { shares, mixed: tf.matMul(shares, heads(value)[head] as tf.Tensor) };
  });
  return {
    shares: tf.stack(
      perHead.map(({ shares }) => shares),
      1,
    ),
    out: linear(
      weights,
      `${block}.attn.proj`,
      tf.concat(
        perHead.map(({ mixed }) => mixed),
        -1,
      ),
    ),
  };
}

/** Keys' bicubic kernel with a = -3/4, by the distance from a sample. */
function bicubic(distance: number): number {
  const d = Math.abs(distance);
  if (d < 1) return 1.25 * d ** 3 - 2.25 * d ** 2 + 1;
  return d < 2 ? -0.75 * d ** 3 + 3.75 * d ** 2 - 6 * d + 3 : 0;
}

/**
 * PyTorch's `interpolate(mode='bicubic', scale_factor=...)` of the stored positions, sample by sample:
 * the four nearest in each direction, those beyond the border being the border's.
 */
function interpolated(stored: tf.Tensor, side: number, rows: number, columns: number): tf.Tensor {
  const inside = (i: number) => Math.max(0, Math.min(side - 1, i));
  const shares: number[][] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const y = ((row + 0.5) * side) / (rows + 0.1) - 0.5;
      const x = ((column + 0.5) * side) / (columns + 0.1) - 0.5;
      const ofPatch = new Array<number>(side * side).fill(0);
      for (let j = Math.floor(y) - 1; j <= Math.floor(y) + 2; j++) {
        for (let i = Math.floor(x) - 1; i <= Math.floor(x) + 2; i++) {
          const place = inside(j) * side + inside(i);
          ofPatch[place] = (ofPatch[place] as number) + bicubic(y - j) * bicubic(x - i);
        }
      }
      shares.push(ofPatch);
    }
  }
  return tf.matMul(tf.tensor2d(shares), stored as tf.Tensor2D);
}

/** The patches' positions [rows * columns, dim]; as stored where they fit as they are. */
export function plainPositions(vit: VitSpec, stored: tf.Tensor, height: number, width: number): tf.Tensor {
  const side = vit.imageSize / vit.patchSize;
  const [rows, columns] = [Math.floor(height / vit.patchSize), Math.floor(width / vit.patchSize)];
  const ofPatches = tf.slice(tf.squeeze(stored, [0]), [1, 0], [side * side, vit.embedDim]);
  return rows === side && columns === side ? ofPatches : interpolated(ofPatches, side, rows, columns);
}

/** The tokens [batch, 1 + patches, dim] that the blocks start from. */
function embed(vit: VitSpec, weights: Weights, images: tf.Tensor4D): tf.Tensor {
  const { patchSize: p, embedDim: dim } = vit;
  const [batch, , height, width] = images.shape;
  const kernel = tf.transpose(weight(weights, 'patch_embed.proj.weight'), [2, 3, 1, 0]) as tf.Tensor4D;
  const [rows, columns] = [Math.floor(height / p), Math.floor(width / p)];
  const covered = tf.slice(tf.transpose(images, [0, 2, 3, 1]), 0, [batch, rows * p, columns * p, vit.inChans]);
  const patches = tf.reshape(tf.conv2d(covered as tf.Tensor4D, kernel, p, 'valid'), [batch, rows * columns, dim]);
  const positions = weight(weights, 'pos_embed');
  const placed = tf.add(
    tf.add(patches, weight(weights, 'patch_embed.proj.bias')),
    plainPositions(vit, positions, height, width),
  );
  const cls = tf.add(weight(weights, 'cls_token'), tf.slice(positions, [0, 0, 0], [1, 1, dim]));
  return tf.concat([tf.tile(cls, [batch, 1, 1]), placed], 1);
}

/** What a residual branch is multiplied by: `scales` [depth, 2, batch] at (block, branch), one number a sample. */
const dropped = (y: tf.Tensor, scales: tf.Tensor3D | undefined, block: number, branch: number): tf.Tensor => {
  if (scales === undefined) return y;
  const batch = scales.shape[2];
  return tf.mul(y, tf.reshape(tf.slice(scales, [block, branch, 0], [1, 1, batch]), [batch, 1, 1]));
};

/** The tokens after each block, and each block's attention [batch, heads, tokens, tokens]. */
export function plainBlocks(vit: VitSpec, weights: Weights, images: tf.Tensor4D, scales?: tf.Tensor3D) {
  let x = embed(vit, weights, images);
  return Array.from({ length: vit.depth }, (_, block) => {
    const name = `blocks.${block}`;
    const { shares, out } = attention(vit, weights, name, layerNorm(weights, `${name}.norm1`, x));
    x = tf.add(x, dropped(out, scales, block, 0));
    const hidden = gelu(linear(weights, `${name}.mlp.fc1`, layerNorm(weights, `${name}.norm2`, x)));
    x = tf.add(x, dropped(linear(weights, `${name}.mlp.fc2`, hidden), scales, block, 1));
    return { attention: shares, tokens: layerNorm(weights, 'norm', x) };
  });
}

/** The feature [batch, dim]. */
export function plainFeatures(vit: VitSpec, weights: Weights, images: tf.Tensor4D, scales?: tf.Tensor3D): tf.Tensor2D {
  const last = plainBlocks(vit, weights, images, scales).at(-1) as { tokens: tf.Tensor };
  return tf.reshape(tf.slice(last.tokens, [0, 0, 0], [images.shape[0], 1, vit.embedDim]), [-1, vit.embedDim]);
}

/** Of one parameter's rows, each to length 1. */
const unitRows = (x: tf.Tensor): tf.Tensor => tf.div(x, tf.norm(x, 'euclidean', 1, true));

/** Features -> logits [rows, K]. */
export function plainHead(weights: Weights, features: tf.Tensor): tf.Tensor2D {
  const hidden = gelu(linear(weights, 'mlp.2', gelu(linear(weights, 'mlp.0', features))));
  const bottleneck = unitRows(linear(weights, 'mlp.4', hidden));
  const prototypes = tf.mul(unitRows(weight(weights, 'last_layer.weight_v')), weight(weights, 'last_layer.weight_g'));
  return tf.matMul(bottleneck as tf.Tensor2D, tf.transpose(prototypes) as tf.Tensor2D);
}

/** Those whose names start with `prefix`, without it. */
export const part = (weights: Weights, prefix: string): Weights =>
  Object.fromEntries(
    Object.entries(weights).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );

/** Images -> logits [batch, K]. */
export const plainLogits = ({ backbone }: NetworkSpec, weights: Weights, images: tf.Tensor4D, scales?: tf.Tensor3D) =>
  plainHead(part(weights, 'head.'), plainFeatures(vitOf(backbone), part(weights, 'backbone.'), images, scales));

/** DINO's loss as main_dino.py writes it: the mean of the cross-entropies of all pairs of different views. */
export function plainLoss(student: tf.Tensor2D, teacher: tf.Tensor3D, temperature: number): tf.Scalar {
  const batch = teacher.shape[1];
  const views = tf.split(tf.div(student, temperature), student.shape[0] / batch) as tf.Tensor2D[];
  const terms = tf
    .unstack(teacher)
    .flatMap((target, t) =>
      views.flatMap((view, v) => (v === t ? [] : [tf.mean(tf.sum(tf.mul(tf.neg(target), tf.logSoftmax(view)), -1))])),
    );
  return tf.div(tf.addN(terms), terms.length);
}
