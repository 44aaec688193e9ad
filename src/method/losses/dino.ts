import * as tf from '@tensorflow/tfjs-core';
import { substitution } from '../../program/substitution.js';
import { dinoLossInClosedForm } from './dinoInClosedForm.js';

/** Cross-entropy of each pair of rows, [rows, K] twice -> their mean. */
const crossEntropy = (target: tf.Tensor2D, logits: tf.Tensor2D): tf.Scalar =>
  tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1)) as tf.Scalar);

function plainDinoLoss(logits: tf.Tensor2D, teacher: tf.Tensor3D, studentTemperature: number): tf.Scalar {
  const views = tf.split(tf.div(logits, studentTemperature), logits.shape[0] / teacher.shape[1]) as tf.Tensor2D[];
  const targets = tf.unstack(teacher) as tf.Tensor2D[];
  const terms = targets.flatMap((target, t) =>
    views.filter((_, v) => v !== t).map((view) => crossEntropy(target, view)),
  );
  return tf.div(tf.addN(terms), terms.length);
}

const lossOfAllPairs = substitution(plainDinoLoss, dinoLossInClosedForm);

/**
 * The cross-entropies of all (teacher view, student view) pairs but the ones of the same view, averaged (main_dino.py, `DINOLoss`).
 *
 * @param logits student's, [views * batch, K], crop-major, the two globals first
 * @param teacher distributions [2, batch, K], taken as constants
 */
export function dinoLoss(logits: tf.Tensor2D, teacher: tf.Tensor3D, studentTemperature: number): tf.Scalar {
  if (logits.shape[1] !== teacher.shape[2])
    throw new Error('Student and teacher have different numbers of prototypes.');
  return lossOfAllPairs(logits, teacher, studentTemperature);
}
