import * as tf from '@tensorflow/tfjs-core';

/**
 * max(x, 0), any shape. The gradient at 0 is 0, as PyTorch has it. It is computed from the result, which the next layer keeps for its own
 * gradient anyway; tfjs's gradient would keep `x` as well.
 */
export function relu<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((x, save) => {
    const y = tf.relu(x as tf.Tensor);
    (save as tf.GradSaveFunc)([y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.step(saved[0] as tf.Tensor)),
    };
  });
  return op(x) as T;
}
