import * as tf from '@tensorflow/tfjs-core';

/**
 * The share that each query takes of each key's value, [batch, heads, queries, keys]. Queries and keys are
 * [batch, heads, length, dim / heads]; queries carry the scale already.
 */
export const attentionWeights = (query: tf.Tensor4D, key: tf.Tensor4D): tf.Tensor4D =>
  tf.softmax(tf.matMul(query, key, false, true)) as tf.Tensor4D;
