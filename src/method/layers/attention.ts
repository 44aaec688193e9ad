import * as tf from '@tensorflow/tfjs-core';
import { substitution } from '../../program/substitution.js';
import { attendInParts, isLarge } from './attentionInParts.js';
import { attentionWeights } from './attentionWeights.js';

/**
 * Softmax attention. Queries, keys and values are [batch, heads, length, dim / heads]; queries carry the scale already.
 * Returns [batch, heads, queries, dim / heads].
 */
const plainAttention = (query: tf.Tensor4D, key: tf.Tensor4D, value: tf.Tensor4D): tf.Tensor4D =>
  tf.matMul(attentionWeights(query, key), value);

export const attend = substitution(plainAttention, (query, key, value) =>
  (isLarge(query, key) ? attendInParts : plainAttention)(query, key, value),
);
