import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { type NamedHostTensors, type NamedSpecs, sizeOf } from '../../../src/program/program.js';

/** Numbers without a pattern between -1 and 1, the same each time. */
export const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from(
    { length },
    (_, i) => 2 * ((Math.abs(Math.sin((i + 1) * 12.9898 + seed * 78.233)) * 43758.5453) % 1) - 1,
  );

/** `center` plus noise of this size for each name. */
export const filled = (specs: NamedSpecs, seed: number, size: number, center = 0): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }], i) => [
      name,
      { shape, dtype, data: noise(sizeOf(shape), seed + i).map((value) => center + size * value) },
    ]),
  );

export const upload = (tensors: NamedHostTensors): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, [...shape], dtype)]),
  );

/** Whether two tensors agree up to float32's rounding: the largest difference as a share of the largest value. */
export function expectClose(actual: tf.Tensor | undefined, wanted: tf.Tensor, what: string, limit = 1e-4): void {
  expect(actual?.shape, what).toEqual(wanted.shape);
  const [mine, theirs] = [(actual as tf.Tensor).dataSync(), wanted.dataSync()];
  let [most, apart] = [1e-6, 0];
  for (const [i, value] of theirs.entries()) {
    most = Math.max(most, Math.abs(value));
    const difference = Math.abs(value - (mine[i] as number));
    apart = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(apart, difference);
  }
  expect(apart / most, what).toBeLessThan(limit);
}
