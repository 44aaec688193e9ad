import * as tf from '@tensorflow/tfjs-core';
import { substitution } from '../../program/substitution.js';
import { takenRows } from '../layers/takenRows.js';

/** The masks of a batch; see `listed`. */
export interface MaskInputs {
  /** [crops, patches] */
  readonly masks: tf.Tensor2D;
  readonly mask_indices_list: tf.Tensor1D;
  readonly masks_weight: tf.Tensor1D;
}

/** The patches that go through a head: all that are masked are among them. */
interface ChosenPatches {
  /** Out of [crops, patches, dim]: [chosen, dim]. */
  rows(patches: tf.Tensor3D): tf.Tensor2D;
  /** 1 / the masked patches of its crop, 0 for what is not masked. [chosen] */
  readonly weights: tf.Tensor1D;
  /** 1 where it is masked, else 0. [chosen] */
  readonly counted: tf.Tensor1D;
}

const rowsOf = (patches: tf.Tensor3D): tf.Tensor2D => {
  const [crops, count, dim] = patches.shape;
  return tf.reshape(patches, [crops * count, dim]);
};

function everyPatch({ masks }: MaskInputs): ChosenPatches {
  const ofCrop = tf.maximum(tf.sum(masks, 1, true), 1);
  return {
    rows: rowsOf,
    weights: tf.reshape(tf.div(masks, ofCrop), [masks.size]),
    counted: tf.reshape(masks, [masks.size]),
  };
}

/** As many as may be masked at most, so that shapes never change: those that are not there count nothing. */
const maskedAlone = ({ mask_indices_list, masks_weight }: MaskInputs): ChosenPatches => ({
  rows: (patches) => takenRows(rowsOf(patches), mask_indices_list),
  weights: masks_weight,
  counted: tf.step(masks_weight),
});

/** What of the patches a head has to see, and how it counts: with masks at half of the crops, a seventh of them or so. */
export const chosenPatches = substitution(everyPatch, maskedAlone);
