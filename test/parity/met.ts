/** That an engine computes the values of a folder: each within its limit, and none left out. */
import { expect } from 'vitest';
import type { Engine, Precision } from '../../src/engines/engine.js';
import { type Difference, isWithin } from './difference.js';
import type { Replayable } from './kind.js';

async function failures(differences: AsyncIterable<Difference> | Iterable<Difference>) {
  const all: Difference[] = [];
  for await (const difference of differences) all.push(difference);
  return { count: all.length, failed: all.filter((difference) => !isWithin(difference)) };
}

export async function isMetWithoutEngine(reference: Replayable): Promise<void> {
  const { count, failed } = await failures(reference.withoutEngine());
  expect(failed).toEqual([]);
  expect(count).toBe(reference.count('float32').withoutEngine);
}

export async function isMetBy(engine: Engine, reference: Replayable, precision: Precision = 'float32'): Promise<void> {
  const { count, failed } = await failures(reference.on(engine, precision));
  expect(failed).toEqual([]);
  expect(count).toBe(reference.count(precision).on);
}

/** Whether any of its values depend on the engine. */
export const dependsOnEngine = (reference: Replayable): boolean => reference.precisions.length > 0;
