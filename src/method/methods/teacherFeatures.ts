/** What a teacher's heads are given: the features of its backbone, computed in the step or before it. */
import type * as tf from '@tensorflow/tfjs-core';
import { chosenPatches, type MaskInputs } from '../masks/chosenPatches.js';
import type { RunningNetwork } from '../network.js';

interface TeacherFeatures {
  /** Of every global crop, [2 * batch, dim]. */
  readonly cls: tf.Tensor2D;
  /** The chosen patches, [chosen, dim]; absent without an iBOT loss. */
  readonly patches?: tf.Tensor2D;
}

interface Inputs {
  readonly globals: tf.Tensor4D;
  /** Where they were computed before the step. */
  readonly teacher_cls?: TeacherFeatures['cls'];
  readonly teacher_patches?: TeacherFeatures['patches'];
}

/** How a method comes by them. @param masks absent: patches are not asked for */
export type FeaturesOfTeacher = (
  teacher: RunningNetwork,
  inputs: Inputs,
  masks: MaskInputs | undefined,
) => TeacherFeatures;

export const computedFeatures: FeaturesOfTeacher = (teacher, { globals }, masks) => {
  const { cls, patches } = teacher.tokens(globals);
  return masks ? { cls, patches: chosenPatches(masks).rows(patches) } : { cls };
};
