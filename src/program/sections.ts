/** Activation checkpointing (Chen et al. 2016, arXiv 1604.06174): activations are computed twice instead of stored. */
import * as tf from '@tensorflow/tfjs-core';
import { composite } from './composite.js';

/** The op that marks where a section begins; it hands its input on. */
export const SECTION_BEGINS = 'SectionBegins';

const mark = composite<{ x: tf.Tensor }, Record<string, never>>(SECTION_BEGINS, ({ x }) => [tf.clone(x)]);

/** The op that gives its first input, but not before the second is there. */
export const LATER = 'Later';

const afterwards = composite<{ x: tf.Tensor; after: tf.Tensor }, Record<string, never>>(LATER, ({ x }) => [
  tf.clone(x),
]);

/** `x`, from which something is computed again when `after` is there: without it, engines that compile would keep what they have. */
export const later = <T extends tf.Tensor>(x: T, after: tf.Tensor): T => afterwards({ x, after }, {})[0] as T;

/**
 * `x`, the whole of what a section of a network starts from. Engines that compile keep it for the backward pass, and compute again
 * there what lies between this and the next such place (see src/compile/recompute.ts). What is computed is the same either way.
 */
export function sectionBegins<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((x) => ({
    value: mark({ x: x as tf.Tensor }, {})[0] as tf.Tensor,
    gradFunc: (dy: tf.Tensor) => dy,
  }));
  return op(x) as T;
}
