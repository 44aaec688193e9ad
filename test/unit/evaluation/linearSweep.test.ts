import { describe, expect, it } from 'vitest';
import { eagerEngine } from '../../../src/engines/eager.js';
import type { LabeledVectors } from '../../../src/evaluation/linearProbe.js';
import { rateOfEpoch } from '../../../src/evaluation/linearProbe.js';
import { linearSweep, type SweepOptions, setAside } from '../../../src/evaluation/linearSweep.js';
import { DerivedFiles } from '../../../src/files/derivedFiles.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const CLASSES = 3;

/** Vectors near one axis of three, by their class. */
function vectors(rows: number, phase: number): LabeledVectors {
  const labels = Int32Array.from({ length: rows }, (_, row) => row % CLASSES);
  const data = new Float32Array(rows * CLASSES);
  labels.forEach((label, row) => {
    for (let d = 0; d < CLASSES; d++)
      data[row * CLASSES + d] = (d === label ? 1 : 0) + 0.6 * Math.sin(phase + 3.1 * row + 1.7 * d);
  });
  return { vectors: { rows, dim: CLASSES, data }, labels };
}

const options: SweepOptions = { rates: [1e-5, 1, 30], epochs: 8, batch: 16, patience: 0, seed: 3 };
const by = (signal = new AbortController().signal, kept?: DerivedFiles) => ({
  by: { engine: eagerEngine, signal, progress: (): void => undefined, kept },
  key: 'k',
});

describe('a sweep over learning rates', () => {
  it('chooses what is best on held-out vectors, of rates that are trained together', async () => {
    const swept = await linearSweep(vectors(80, 0), vectors(40, 5), CLASSES, options, by());
    expect(swept.heldOut.map(({ rate }) => rate)).toEqual(options.rates);
    const best = Math.max(...swept.heldOut.map(({ top1 }) => top1));
    expect(swept.heldOut.find(({ rate }) => rate === swept.rate)?.top1).toBe(best);
    expect(swept.test.top1[0]).toBeGreaterThanOrEqual(80);
    expect(swept.epochs).toBe(8);
  });

  it('gives each rate what it gives alone', async () => {
    const alone = await linearSweep(vectors(30, 0), vectors(20, 5), CLASSES, { ...options, rates: [1] }, by());
    expect(alone.heldOut).toEqual([]);
    expect(alone.epoch).toBe(8);
    const again = await linearSweep(vectors(30, 0), vectors(20, 5), CLASSES, { ...options, rates: [1] }, by());
    expect(again).toEqual(alone);
  });

  it('ends when nothing has become better for a while', async () => {
    const swept = await linearSweep(
      vectors(80, 0),
      vectors(40, 5),
      CLASSES,
      { ...options, epochs: 500, patience: 3 },
      by(),
    );
    expect(swept.epochs).toBe(swept.epoch + 3);
  });

  it('ends when it is stopped, with the reason', async () => {
    const stop = new AbortController();
    const work = linearSweep(
      vectors(80, 0),
      vectors(40, 5),
      CLASSES,
      { ...options, epochs: 500 },
      {
        ...by(stop.signal),
        by: { ...by(stop.signal).by, progress: () => stop.abort(new Error('enough')) },
      },
    );
    await expect(work).rejects.toThrow('enough');
  });

  it('goes on where it was killed, to the same end', async () => {
    const kept = new DerivedFiles(temporaryFolder(), '.part', 1e9);
    const whole = await linearSweep(vectors(80, 0), vectors(40, 5), CLASSES, options, by());
    const stop = new AbortController();
    const killed = linearSweep(vectors(80, 0), vectors(40, 5), CLASSES, options, {
      key: 'k',
      keepMs: 0,
      by: { ...by(stop.signal, kept).by, progress: (done) => done === 3 && stop.abort(new Error('killed')) },
    });
    await expect(killed).rejects.toThrow('killed');
    const made: number[] = [];
    const resumed = await linearSweep(vectors(80, 0), vectors(40, 5), CLASSES, options, {
      key: 'k',
      by: { ...by(undefined, kept).by, progress: (done) => made.push(done) },
    });
    expect(made).toEqual([4, 5, 6, 7, 8]);
    expect(resumed).toEqual(whole);
  });
});

it('the rate falls by a cosine to 0 after the last epoch', () => {
  expect([0, 2, 4].map((epoch) => rateOfEpoch(2, epoch, 4))).toEqual([2, 1, 0].map((rate) => expect.closeTo(rate, 12)));
});

it('for want of test images a fifth is set aside, and no vector is on both sides', () => {
  const { train, test } = setAside(vectors(50, 1), 0);
  expect([train.labels.length, test.labels.length]).toEqual([40, 10]);
  const firsts = (part: LabeledVectors) => Array.from(part.labels, (_, row) => part.vectors.data[row * CLASSES]);
  expect(new Set([...firsts(train), ...firsts(test)]).size).toBe(50);
});
