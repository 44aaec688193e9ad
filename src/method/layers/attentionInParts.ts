import * as tf from '@tensorflow/tfjs-core';
import { later } from '../../program/sections.js';
import { attentionWeights } from './attentionWeights.js';

/** Whether the weights take more room than all else that a block keeps of its tokens is worth, the widest layer's four times its width. */
export const isLarge = ({ shape: [, , queries, headDim] }: tf.Tensor4D, { shape: [, , keys] }: tf.Tensor4D): boolean =>
  queries > 1 && keys > 4 * headDim;

/** Of a part's weights, that a processor's cache may hold them. */
const MOST_ELEMENTS = 2 ** 22;
/** Of a batch: each part is more nodes to compile, and a graph of six times as many takes ONNX Runtime a hundred times as long to load. */
const MOST_PARTS = 16;

/**
 * The same, without ever holding the weights of the whole batch: they are made for a few images at a time and let go, and made again
 * for the gradient (as FlashAttention does it, arXiv 2205.14135, section 3.1, there for a few rows at a time).
 */
export function attendInParts(query: tf.Tensor4D, key: tf.Tensor4D, value: tf.Tensor4D): tf.Tensor4D {
  const op = tf.customGrad((query, key, value, save) => {
    const [q, k, v] = [query, key, value] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    (save as tf.GradSaveFunc)([q, k, v]);
    const parts = oneByOne(partsOf(q, k), (part, after) => [
      tf.matMul(attentionWeights(after(part(q)), part(k)), part(v)),
    ]);
    return {
      value: joined(parts, 0),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [q, k, v] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
        const gradients = oneByOne(partsOf(q, k), (part, after) =>
          partGradients(part(q), part(k), part(v), after(part(dy as tf.Tensor4D))),
        );
        return [0, 1, 2].map((i) => joined(gradients, i));
      },
    };
  });
  return op(query, key, value) as tf.Tensor4D;
}

type Part = (tensor: tf.Tensor4D) => tf.Tensor4D;

/** Each takes the same few images of a tensor. */
function partsOf({ shape: [batch, heads, queries] }: tf.Tensor4D, { shape: [, , keys] }: tf.Tensor4D): Part[] {
  const most = Math.max(1, Math.floor(MOST_ELEMENTS / (heads * queries * keys)), Math.ceil(batch / MOST_PARTS));
  const parts: Part[] = [];
  for (let first = 0; first < batch; first += most) {
    const count = Math.min(most, batch - first);
    parts.push((tensor) => tf.slice(tensor, [first, 0, 0, 0], [count, -1, -1, -1]));
  }
  return parts;
}

/**
 * Computes something of each part, and of none before all of the one before it is there: engines that compile would otherwise hold the
 * weights of many parts at once, those of ONNX Runtime for one of the three gradients after the other.
 */
function oneByOne(
  parts: readonly Part[],
  compute: (part: Part, after: (tensor: tf.Tensor4D) => tf.Tensor4D) => tf.Tensor4D[],
): tf.Tensor4D[][] {
  const computed: tf.Tensor4D[][] = [];
  for (const part of parts) {
    const before = computed.at(-1) ?? [];
    computed.push(compute(part, (tensor) => before.reduce(later, tensor)));
  }
  return computed;
}

const joined = (parts: readonly tf.Tensor4D[][], place: number): tf.Tensor4D =>
  tf.concat(parts.map((ofPart) => ofPart[place] as tf.Tensor4D));

function partGradients(query: tf.Tensor4D, key: tf.Tensor4D, value: tf.Tensor4D, dy: tf.Tensor4D): tf.Tensor4D[] {
  const weights = attentionWeights(later(query, dy), key);
  const ofWeights = tf.matMul(dy, value, false, true);
  const along = tf.sum(tf.mul(ofWeights, weights), -1, true);
  const ofProducts: tf.Tensor4D = tf.mul(weights, tf.sub(ofWeights, along));
  return [tf.matMul(ofProducts, key), tf.matMul(ofProducts, query, true, false), tf.matMul(weights, dy, true, false)];
}
