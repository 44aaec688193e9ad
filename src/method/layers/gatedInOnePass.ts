import * as tf from '@tensorflow/tfjs-core';

/**
 * SiLU(gate) times value, [rows, 2 * hidden] -> [rows, hidden]: the first half of each row is its gate.
 *
 * The gradient is written out: gate and value are kept as the one matrix that the layer before made of them, where tfjs's tape would keep
 * three more of half its size.
 */
export function gatedInOnePass(rows: tf.Tensor2D): tf.Tensor2D {
  const op = tf.customGrad((rows, save) => {
    const [gate, value] = halves(rows as tf.Tensor2D);
    (save as tf.GradSaveFunc)([rows as tf.Tensor2D]);
    return {
      value: tf.mul(tf.mul(gate, tf.sigmoid(gate)), value),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [gate, value] = halves(saved[0] as tf.Tensor2D);
        const open = tf.sigmoid(gate);
        const silu = tf.mul(gate, open);
        // SiLU's derivative: open + silu (1 - open).
        const slope = tf.add(open, tf.mul(silu, tf.sub(1, open)));
        return tf.concat([tf.mul(tf.mul(dy, value), slope), tf.mul(dy, silu)], 1);
      },
    };
  });
  return op(rows) as tf.Tensor2D;
}

const halves = (rows: tf.Tensor2D) => tf.split(rows, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
