/** The terms of DINOv2's loss: how each counts, and what is said of them. */
import * as tf from '@tensorflow/tfjs-core';
import { named } from '../../program/lookup.js';
import { termsOf } from '../losses/dinov2.js';
import { type MaskSpec, maskedOf, patchesOf } from '../masks/maskedCrops.js';
import type { Loss } from '../method.js';
import { GLOBALS } from './dino.js';

export type TermWeights = Readonly<Record<'dino' | 'ibot' | 'koleo', number>>;

/** Before their weights; undefined: there is none. */
type Terms = Readonly<Record<'local' | 'koleo' | 'ibot', tf.Scalar | undefined> & { readonly global: tf.Scalar }>;

/** @param leastDistance of two neighbors in a batch */
export function weighed(terms: Terms, { dino, ibot, koleo }: TermWeights, leastDistance: tf.Scalar): Loss {
  const { local, global, koleo: ofKoleo, ibot: ofIbot } = terms;
  const times = (term: tf.Scalar | undefined, weight: number): tf.Scalar =>
    term ? tf.mul(term, weight) : tf.scalar(0);
  const minimized = [times(local, dino), times(global, dino), times(ofKoleo, koleo), times(ofIbot, ibot)] as const;
  // Of KoLeo and iBOT the original prints half, and of the others what is before their weight.
  const printed = [times(local, 1), times(global, 1), times(ofKoleo, koleo / 2), times(ofIbot, 1 / 2)];
  const [ofLocals, ofGlobals, spread, ofPatches] = minimized;
  return {
    total: tf.addN([...minimized]) as tf.Scalar,
    parts: {
      dino_local_crops_loss: ofLocals,
      dino_global_crops_loss: ofGlobals,
      koleo_loss: spread,
      ibot_loss: ofPatches,
      total_loss: tf.addN(printed) as tf.Scalar,
      koleo_distance: leastDistance,
    },
  };
}

/** DINO's loss, the mean over all pairs of views: without local crops the original counts a pair too many. */
export function meanOverPairs(parts: Readonly<Record<string, tf.Scalar>>, locals: number, weight: number): tf.Scalar {
  const sum: tf.Scalar = tf.add(named(parts, 'dino_local_crops_loss'), named(parts, 'dino_global_crops_loss'));
  return tf.mul(sum, termsOf(locals) / (weight * (GLOBALS + GLOBALS * locals)));
}

/** Share of the patches of masked crops that are masked: each of them has a distribution, which sums to 1. */
export const maskedShare = (distributions: tf.Tensor2D, masks: MaskSpec, crops: number): tf.Scalar =>
  tf.div(tf.sum(distributions), Math.max(1, maskedOf(crops, masks)) * patchesOf(masks));
