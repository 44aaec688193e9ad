/** Activation checkpointing (Chen et al. 2016, arXiv 1604.06174; PyTorch's `checkpoint`): activations computed twice rather than kept. */
import * as tf from '@tensorflow/tfjs-core';
import { composite } from './composite.js';

/** The op that marks where a section begins; it hands its input on. */
export const SECTION_BEGINS = 'SectionBegins';

const mark = composite<{ x: tf.Tensor }, Record<string, never>>(SECTION_BEGINS, ({ x }) => [tf.clone(x)]);

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
