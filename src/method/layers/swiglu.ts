import * as tf from '@tensorflow/tfjs-core';
import { substitution } from '../../program/substitution.js';
import { gatedInOnePass } from './gatedInOnePass.js';
import { linear } from './linear.js';
import type { Linear } from './parametersOfLayers.js';

/** SiLU(gate) times value, [rows, 2 * hidden] -> [rows, hidden]: the first half of each row is its gate. */
function plainGate(rows: tf.Tensor2D): tf.Tensor2D {
  const [gate, value] = tf.split(rows, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
  return tf.mul(tf.mul(gate, tf.sigmoid(gate)), value);
}

const gated = substitution(plainGate, gatedInOnePass);

/**
 * SwiGLU (arXiv 2002.05202) as dinov2's swiglu_ffn.py has it, [rows, in] -> [rows, out].
 * @param first gives gate and value at once, [2 * hidden, in]
 */
export const swiglu = (x: tf.Tensor2D, first: Linear, last: Linear): tf.Tensor2D =>
  linear(gated(linear(x, first)), last);
