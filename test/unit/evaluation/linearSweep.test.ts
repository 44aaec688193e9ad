import { describe, expect, it, vi } from 'vitest';
import { eagerEngine } from '../../../src/engines/eager.js';
import type { Engine } from '../../../src/engines/engine.js';
import type { LabeledVectors } from '../../../src/evaluation/linearProbe.js';
import { rateOfEpoch } from '../../../src/evaluation/linearProbe.js';
import { linearSweep, type SweepOptions, setAside } from '../../../src/evaluation/linearSweep.js';
import { DerivedFiles } from '../../../src/files/derivedFiles.js';
import type { NamedHostTensors } from '../../../src/program/program.js';
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

  it('gives a rate the same whatever other rates are beside it', async () => {
    const beside = async (other: number) => {
      const rates = [0.05, other];
      const swept = await linearSweep(vectors(80, 0), vectors(40, 5), CLASSES, { ...options, rates, epochs: 3 }, by());
      return swept.heldOut.map(({ top1 }) => top1);
    };
    const [slow, fast] = [await beside(1e-5), await beside(30)];
    expect(slow[0]).toBe(fast[0]);
    expect(slow[1]).not.toBe(fast[1]);
  });

  it('trains a single rate to the last epoch, the same each time', async () => {
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

/** Of one classifier after an epoch: of the ten held-out vectors so many are right, and the logit that says so is so large. */
type Made = readonly [right: number, logit: number];

/**
 * Classifiers of two classes that are as good as is said. The weights of the first are the number of the epoch, those of the second a
 * hundred more.
 * @param made by epoch and classifier
 */
function engineOf(made: readonly (readonly Made[])[]) {
  const seen = { epoch: 0, disposed: 0, rates: [] as number[][], tested: undefined as NamedHostTensors | undefined };
  const filled = (shape: readonly number[], from: number) => {
    const ofProbe = shape.slice(1).reduce((product, size) => product * size, 1);
    const data = Float32Array.from(
      { length: (shape[0] ?? 0) * ofProbe },
      (_, i) => from + 100 * Math.floor(i / ofProbe),
    );
    return { shape, dtype: 'float32' as const, data };
  };
  const engine: Engine = {
    ...{ name: 'eager', version: 'known' },
    compile: async (_, initial) => {
      seen.tested = initial;
      const { weight, bias } = initial;
      const [probes = 0] = bias?.shape ?? [];
      const logitsOf = (vectors: NamedHostTensors[string]) => {
        const [batch = 0, dim = 0] = vectors.shape;
        const logits = Array.from({ length: batch }, (_, row) =>
          Array.from({ length: probes }, (_, probe) => {
            const [right, logit] = made[seen.epoch - 1]?.[probe] ?? [0, 0];
            // A vector begins with its label.
            return (vectors.data[row * dim] === 1) === row < right ? [0, logit] : [logit, 0];
          }),
        );
        return { shape: [batch, probes, 2], dtype: 'float32' as const, data: Float32Array.from(logits.flat(2)) };
      };
      return {
        call: async ({ vectors, lr }): Promise<NamedHostTensors> => {
          if (lr === undefined) return vectors === undefined ? {} : { logits: logitsOf(vectors) };
          seen.rates.push([...lr.data]);
          seen.epoch++;
          return { loss: { shape: [probes], dtype: 'float32', data: new Float32Array(probes) } };
        },
        undo: async () => undefined,
        readState: async () => ({
          weight: filled(weight?.shape ?? [], seen.epoch),
          bias: filled(bias?.shape ?? [], seen.epoch + 0.5),
        }),
        writeState: async () => undefined,
        dispose: async () => {
          seen.disposed++;
        },
      };
    },
  };
  return { engine, seen };
}

/** A hundred vectors of two classes, so that ten are held out; all others are one batch. */
const hundred: LabeledVectors = {
  vectors: { rows: 100, dim: 2, data: Float32Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? (i / 2) % 2 : i)) },
  labels: Int32Array.from({ length: 100 }, (_, row) => row % 2),
};

async function sweptBy(made: readonly (readonly Made[])[], changes: Partial<SweepOptions> = {}) {
  const { engine, seen } = engineOf(made);
  const given = { rates: [0.1, 2], epochs: made.length, batch: 128, patience: 0, seed: 3, ...changes };
  const progress: unknown[] = [];
  const { test, ...swept } = await linearSweep(hundred, hundred, 2, given, {
    by: { engine, signal: new AbortController().signal, progress: (...heard) => progress.push(heard) },
    key: 'k',
  });
  const weights = [...new Set(seen.tested?.['weight']?.data), ...new Set(seen.tested?.['bias']?.data)];
  return { swept, seen, weights, progress, test };
}

describe('of classifiers that are known', () => {
  // With six of ten right, small logits lose less; the loss of half right grows with the logit, too.
  const MADE: readonly (readonly Made[])[] = [
    [[5, 1], [5, 2]],
    [[4, 1], [6, 1]],
    [[6, 2], [6, 1]],
    [[6, 0.5], [3, 1]],
  ]; // biome-ignore format: pairs

  it('the first that was right most often is chosen, with the weights that it had then', async () => {
    const first = await sweptBy(MADE.slice(0, 1));
    expect(first.swept).toMatchObject({ rate: 0.1, epoch: 1, epochs: 1 });
    expect(first.weights).toEqual([1, 1.5]);
    const { swept, weights, seen, progress } = await sweptBy(MADE.slice(0, 3));
    expect(swept).toEqual({
      ...{ rate: 2, epoch: 2, epochs: 3 },
      heldOut: [
        { rate: 0.1, top1: 60 },
        { rate: 2, top1: 60 },
      ],
    });
    expect(weights).toEqual([102, 102.5]);
    expect(seen.disposed, 'those that were trained, and the one that was tested').toBe(4);
    expect(progress.map((heard) => (Array.isArray(heard) ? heard.slice(0, 2) : heard))).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it('of those that are right as often the one that loses less is chosen, of whichever rate and epoch', async () => {
    const { swept, weights } = await sweptBy(MADE);
    expect(swept).toMatchObject({ rate: 0.1, epoch: 4, epochs: 4 });
    expect(weights).toEqual([4, 4.5]);
    expect((await sweptBy([[[5, 2], [5, 1]]])).swept).toMatchObject({ rate: 2, epoch: 1 }); // biome-ignore format: pairs
    expect((await sweptBy([[[7, 1], [8, 9]]])).swept, 'more right, though surer of what is wrong').toMatchObject({ rate: 2 }); // biome-ignore format: pairs
  });

  it('one that is less often right is not chosen, however little it loses', async () => {
    // Logits near 0 lose less than those that are right about six.
    expect((await sweptBy([[[6, 1], [1, 1]], [[4, 0.01], [4, 0.01]]])).swept).toMatchObject({ rate: 0.1, epoch: 1 }); // biome-ignore format: pairs
  });

  it('how far a rate has come is its best epoch', async () => {
    const { swept } = await sweptBy(MADE);
    expect(swept.heldOut.map(({ top1 }) => top1)).toEqual([60, 60]);
    expect((await sweptBy([[[3, 1], [2, 1]], [[1, 1], [4, 1]]])).swept.heldOut).toMatchObject([{ top1: 30 }, { top1: 40 }]); // biome-ignore format: pairs
  });

  it('so many epochs without a better one end it, and none do where patience is 0', async () => {
    const alike = Array.from({ length: 6 }, (): readonly Made[] => [
      [6, 1],
      [5, 1],
    ]);
    expect((await sweptBy(alike, { patience: 2 })).swept).toMatchObject({ epoch: 1, epochs: 3 });
    expect((await sweptBy(alike, { patience: 0 })).swept).toMatchObject({ epoch: 1, epochs: 6 });
    expect((await sweptBy(alike, { patience: 2, rates: [1] })).swept).toMatchObject({ epoch: 6, epochs: 6 });
  });

  it('a single rate is trained on all vectors to the end, and has the weights of the end', async () => {
    const { swept, weights } = await sweptBy([[[9, 1]], [[1, 1]]], { rates: [0.5] });
    expect(swept).toEqual({ rate: 0.5, epoch: 2, epochs: 2, heldOut: [] });
    expect(weights).toEqual([2, 2.5]);
  });

  it('each epoch has its rates, scaled by the batch', async () => {
    const { seen } = await sweptBy(MADE.slice(0, 2));
    expect(seen.rates).toEqual(
      [
        [0.05, 1],
        [0.025, 0.5],
      ].map((rates) => rates.map((rate) => expect.closeTo(rate, 6))),
    );
  });

  it('what there is is kept every five seconds', async () => {
    const kept = new DerivedFiles(temporaryFolder(), '.part', 1e9);
    const keep = vi.spyOn(kept, 'keep');
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    try {
      const { engine } = engineOf([]);
      const keptAfter: number[] = [];
      const given = { ...options, rates: [1], epochs: 7 };
      await linearSweep(
        hundred,
        hundred,
        2,
        { ...given, batch: 128 },
        {
          by: {
            ...{ engine, kept, signal: new AbortController().signal },
            progress: (epoch) => {
              if (keep.mock.calls.length > keptAfter.length) keptAfter.push(epoch);
              now.mockReturnValue(2500 * epoch);
            },
          },
          key: 'k',
        },
      );
      expect(keptAfter).toEqual([3, 5, 7]);
    } finally {
      now.mockRestore();
    }
  });

  it('nothing is kept where there is no place for it', async () => {
    const { engine } = engineOf([]);
    const by = { engine, signal: new AbortController().signal, progress: (): void => undefined };
    const swept = linearSweep(hundred, hundred, 2, { ...options, rates: [1], epochs: 2 }, { by, key: 'k', keepMs: 0 });
    expect(await swept).toMatchObject({ epochs: 2 });
  });

  it('are ended when the work is stopped', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const { engine, seen } = engineOf([]);
    const by = { engine, signal: stop.signal, progress: (): void => undefined };
    await expect(linearSweep(hundred, hundred, 2, options, { by, key: 'k' })).rejects.toThrow('enough');
    expect(seen.disposed).toBe(2);
  });
});

it('what is set aside and the rest keep their order, another seed sets others aside, and one is the least', () => {
  const numbered = (rows: number): LabeledVectors => ({
    vectors: { rows, dim: 1, data: Float32Array.from({ length: rows }, (_, row) => row) },
    labels: Int32Array.from({ length: rows }, (_, row) => row),
  });
  const asideOf = (rows: number, seed: number) => {
    const { train, test } = setAside(numbered(rows), seed);
    for (const part of [train, test]) expect([...part.vectors.data]).toEqual([...part.labels]);
    return [[...train.labels], [...test.labels]] as const;
  };
  const [train, test] = asideOf(50, 1);
  expect([train, test].map((part) => part.toSorted((one, other) => one - other))).toEqual([train, test]);
  expect([...train, ...test].toSorted((one, other) => one - other)).toEqual([...numbered(50).labels]);
  expect(asideOf(50, 2)[1]).not.toEqual(test);
  expect([2, 3, 7, 8].map((rows) => asideOf(rows, 0)[1].length)).toEqual([1, 1, 1, 2]);
});
