import * as tf from '@tensorflow/tfjs-core';
import { composite } from '../../program/composite.js';

interface Flags extends Readonly<Record<string, boolean>> {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A product of matrices that an engine computes in float32 also where it multiplies all others in less. */
const precise = composite<{ a: tf.Tensor2D; b: tf.Tensor2D }, Flags>(
  'PreciseMatMul',
  ({ a, b }, { transposeA, transposeB }) => [tf.matMul(a, b, transposeA, transposeB)],
);

/** a b, either transposed where the flags say so, in float32 whatever the precision of the engine. Without a gradient of its own. */
export const preciseMatMul = (a: tf.Tensor2D, b: tf.Tensor2D, flags: Partial<Flags>): tf.Tensor2D =>
  precise({ a, b }, { transposeA: false, transposeB: false, ...flags })[0] as tf.Tensor2D;

const multiply = (a: tf.Tensor, b: tf.Tensor, flags: Partial<Flags>): tf.Tensor2D =>
  preciseMatMul(a as tf.Tensor2D, b as tf.Tensor2D, flags);

/**
 * x [rows, in] weightᵀ [in, out] -> [rows, out], in float32 forward and backward whatever the precision of the engine: for logits, whose
 * rounding errors low temperatures multiply (by 25 at .04).
 */
export function preciseProduct(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  const op = tf.customGrad((x, weight, save) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor, weight as tf.Tensor]);
    return {
      value: multiply(x as tf.Tensor, weight as tf.Tensor, { transposeB: true }),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, weight] = saved as [tf.Tensor, tf.Tensor];
        return [multiply(dy, weight, {}), multiply(dy, x, { transposeA: true })];
      },
    };
  });
  return op(x, weight) as tf.Tensor2D;
}
