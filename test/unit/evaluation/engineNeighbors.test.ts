import { describe, expect, it } from 'vitest';
import { eagerEngine } from '../../../src/engines/eager.js';
import type { Engine } from '../../../src/engines/engine.js';
import { openTensorFlowEngine } from '../../../src/engines/tensorflow/engine.js';
import { nearestByEngine } from '../../../src/evaluation/engineNeighbors.js';
import { type FeatureMatrix, knnAccuracies, normalizeRows } from '../../../src/evaluation/knn.js';
import { forEachNeighborhood } from '../../../src/evaluation/neighborhoods.js';
import type { NamedHostTensors, Program } from '../../../src/program/program.js';
import { onnxEngine } from '../engines/onnxEngine.js';
import { tensorflowIsMissing, whySkipped } from '../engines/tensorflowHere.js';
import { WITHOUT_STATE } from './surroundings.js';

const DIM = 12;

/** Rows of length 1; every seventh is the same as the one before it. */
function matrix(rows: number, seed: number): FeatureMatrix {
  const data = Float32Array.from({ length: rows * DIM }, (_, i) => {
    const row = Math.floor(i / DIM);
    const from = row % 7 === 6 ? i - DIM : i;
    return (
      Math.sin(from * 12.9898 + seed) * 43758.5453 - Math.floor(Math.sin(from * 12.9898 + seed) * 43758.5453) - 0.5
    );
  });
  const whole = { rows, dim: DIM, data };
  normalizeRows(whole);
  return whole;
}

function plainly(train: FeatureMatrix, test: FeatureMatrix | undefined, k: number) {
  const rows: number[] = [];
  const similarities: number[] = [];
  forEachNeighborhood({ train, test: test ?? train, k, leaveOneOut: test === undefined }, (_, neighbors, values) => {
    rows.push(...neighbors);
    similarities.push(...values);
  });
  return { rows, similarities };
}

describe('the neighbors that an engine finds', () => {
  const train = matrix(700, 1);

  async function areFound(engine: Engine, test: FeatureMatrix | undefined, k: number): Promise<void> {
    const leaveOneOut = test === undefined;
    const done: number[] = [];
    const found = await nearestByEngine({ train, test: test ?? train, k, leaveOneOut }, engine, (rows) =>
      done.push(rows),
    );
    const { rows, similarities } = plainly(train, test, k);
    expect([...found.rows]).toEqual(rows);
    const off = Array.from(found.similarities, (value, at) => Math.abs(value - (similarities[at] as number)));
    expect(off.reduce((most, one) => Math.max(most, one), 0)).toBeLessThan(1e-6);
    expect(done.at(-1)).toBe(test?.rows ?? train.rows);
  }

  const CASES: [string, FeatureMatrix | undefined, number][] = [
    ['of test rows, some of which are training rows', matrix(300, 1), 20],
    ['each by the others', undefined, 5],
    ['most of the others', undefined, 600],
    ['all of the others', undefined, 699],
  ];
  describe.each([onnxEngine, eagerEngine])('$name', (engine) => {
    it.each(CASES)('are those that are found without one: %s', (_, test, k) => areFound(engine, test, k));
  });
  describe.skipIf(tensorflowIsMissing).each(['plain', 'xla'] as const)(`TensorFlow, %s${whySkipped}`, (form) => {
    it.each(CASES)('are those that are found without one: %s', (_, test, k) =>
      areFound(openTensorFlowEngine({ form }), test, k),
    );
  });

  it('leaves a row out even where many equal it', async () => {
    const data = new Float32Array(60 * DIM).fill(DIM ** -0.5);
    const same = { rows: 60, dim: DIM, data };
    const found = await nearestByEngine({ train: same, test: same, k: 3, leaveOneOut: true }, onnxEngine);
    expect([...found.rows.subarray(0, 3)]).toEqual([1, 2, 3]);
    expect([...found.rows.subarray(59 * 3)]).toEqual([0, 1, 2]);
  });

  it('vote as those that are found without one', async () => {
    const test = matrix(50, 9);
    const labels = (count: number) => Int32Array.from({ length: count }, (_, i) => i % 3);
    const options = { train, test, trainLabels: labels(700), testLabels: labels(50), ks: [3, 10] };
    const nearest = await nearestByEngine({ train, test, k: 10 }, eagerEngine);
    expect(knnAccuracies({ ...options, nearest })).toEqual(knnAccuracies(options));
  });

  it('end with what their listener throws', async () => {
    const stopped = new Error('stopped');
    const stop = () => {
      throw stopped;
    };
    await expect(nearestByEngine({ train, test: train, k: 3 }, eagerEngine, stop)).rejects.toBe(stopped);
  });
});

/** One that gives these candidates for every query, as similar as is said and as the query's first number; and what was asked of it. */
function engineThatFinds(candidates: readonly number[], similarities: readonly number[]) {
  const asked = { programs: [] as Program[], queries: [] as number[][], disposed: 0 };
  const engine: Engine = {
    ...{ name: 'eager', version: 'known' },
    compile: async (program) => {
      asked.programs.push(program);
      return {
        call: async ({ queries }): Promise<NamedHostTensors> => {
          const [batch = 0, dim = 1] = queries?.shape ?? [];
          const data = [...(queries?.data ?? [])];
          asked.queries.push(data);
          const shape = [batch, candidates.length];
          const rows = Array.from({ length: batch }, (_, row) => data[row * dim] ?? 0);
          const found = Float32Array.from(rows.flatMap((first) => similarities.map((value) => value + first)));
          return {
            similarities: { shape, dtype: 'float32', data: found },
            rows: { shape, dtype: 'int32', data: Int32Array.from(rows.flatMap(() => candidates)) },
          };
        },
        ...WITHOUT_STATE,
        dispose: async () => {
          asked.disposed++;
        },
      };
    },
  };
  return { engine, asked };
}
const onLine = (...values: number[]) => ({ rows: values.length, dim: 1, data: Float32Array.from(values) });
/** Each row has its number, and a half. */
const numbered = (rows: number) => ({
  ...{ rows, dim: 2 },
  data: Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? i / 2 : 0.5)),
});

describe('what an engine is asked for', () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
  const asking = async (rows: number, tests: number, k: number, leaveOneOut: boolean) => {
    const count = Math.min(rows, k + 16 + (leaveOneOut ? 1 : 0));
    const { engine, asked } = engineThatFinds(
      numbers(count),
      numbers(count).map((at) => -at),
    );
    const done: number[] = [];
    const found = await nearestByEngine(
      { train: numbered(rows), test: numbered(tests), k, leaveOneOut },
      engine,
      (rows) => done.push(rows),
    );
    const [program] = asked.programs;
    return { batch: program?.inputs['queries']?.shape[0], count: program?.identity, done, found, asked };
  };

  it('is sixteen candidates more than are wanted, one more where a row is its own nearest, and all when there are no more', async () => {
    expect(await asking(100, 3, 5, false)).toMatchObject({ batch: 3, count: '21' });
    expect(await asking(100, 3, 5, true)).toMatchObject({ batch: 3, count: '22' });
    expect(await asking(21, 3, 5, true)).toMatchObject({ count: '21' });
    expect(await asking(6, 3, 5, true)).toMatchObject({ count: '6' });
  });

  it('is as many rows at a time as there is memory for, and the rest last', async () => {
    const many = await asking(10, 2500, 1, false);
    expect(many).toMatchObject({ batch: 1024, done: [1024, 2048, 2500] });
    expect(many.found.rows).toHaveLength(2500);
    expect(many.asked.queries.map((rows) => [rows[0], rows[1], rows[902], rows[904]])).toEqual([
      [0, 0.5, 451, 452],
      [1024, 0.5, 1475, 1476],
      [2048, 0.5, 2499, 0],
    ]);
    expect([...many.found.similarities], 'each row its own').toEqual(numbers(2500));
    const { rows, similarities } = (await asking(10, 1500, 10, false)).found;
    expect([...rows.subarray(10_240, 10_250)], 'of the first row of the second batch').toEqual(numbers(10));
    expect([...similarities.subarray(10_240, 10_250)]).toEqual(numbers(10).map((at) => 1024 - at));
    // 2 ** 25 similarities are in memory at once.
    expect(await asking(40_000, 1000, 1, false)).toMatchObject({ batch: 838, done: [838, 1000] });
    expect((await asking(10, 0, 1, false)).found.rows).toHaveLength(0);
  });

  it('is ended however the work ends', async () => {
    expect((await asking(10, 2, 1, false)).asked.disposed).toBe(1);
    const { engine, asked } = engineThatFinds([0], [1]);
    const silent: Engine = {
      ...engine,
      compile: async (...given) => ({ ...(await engine.compile(...given)), call: async () => ({}) }),
    };
    const test = onLine(1);
    const refused = (by: Engine) => nearestByEngine({ train: test, test, k: 1 }, by);
    await expect(refused(silent)).rejects.toThrow('the engine gave no similarities');
    expect(asked.disposed).toBe(1);
    const half: Engine = {
      ...engine,
      compile: async (...given) => {
        const session = await engine.compile(...given);
        const call = async (inputs: NamedHostTensors): Promise<NamedHostTensors> => {
          const { similarities } = await session.call(inputs);
          return similarities === undefined ? {} : { similarities };
        };
        return { ...session, call };
      },
    };
    await expect(refused(half)).rejects.toThrow('the engine gave no similarities');
  });
});

describe('what an engine finds', () => {
  /** @param exact what the rows' products with the query are */
  const found = async (
    exact: readonly number[],
    given: readonly (readonly [row: number, similarity: number])[],
    k: number,
    leaveOneOut = false,
  ) => {
    const { engine } = engineThatFinds(
      given.map(([row]) => row),
      given.map(([, similarity]) => similarity - 1),
    );
    const { rows, similarities } = await nearestByEngine(
      { train: onLine(...exact), test: onLine(1), k, ...(leaveOneOut && { leaveOneOut }) },
      engine,
    );
    return { rows: [...rows], similarities: [...similarities] };
  };

  it('is taken as it is where it lies apart, and computed again where float32 cannot tell', async () => {
    const far = await found([0.5, 0.75, 0.25], [[1, 0.8], [0, 0.4], [2, 0.3]], 3); // biome-ignore format: pairs
    expect(far).toEqual({ rows: [1, 0, 2], similarities: [0.8, 0.4, 0.3].map(Math.fround) });
    // The first two lie 1e-6 apart, the third 4e-6 behind.
    const near = await found([0.5, 0.75, 0.25], [[0, 0.5], [1, 0.499999], [2, 0.499995]], 3); // biome-ignore format: pairs
    expect(near).toEqual({ rows: [1, 0, 2], similarities: [0.75, 0.5, Math.fround(0.499995)] });
  });

  it('may have its nearest beyond those that are wanted, and equal ones by their numbers', async () => {
    const equal = [[2, 0.5], [3, 0.5], [1, 0.5], [0, 0.5]] as const; // biome-ignore format: pairs
    expect(await found([0.5, 0.5, 0.5, 0.75], equal, 2)).toEqual({ rows: [3, 0], similarities: [0.75, 0.5] });
    expect(await found([0.5, 0.5, 0.5, 0.75], equal, 4)).toMatchObject({ rows: [3, 0, 1, 2] });
  });

  it('has not the row itself, wherever it stands among the candidates', async () => {
    expect(await found([1, 0.5, 0.25], [[0, 1], [1, 0.5], [2, 0.25]], 2, true)).toMatchObject({ rows: [1, 2] }); // biome-ignore format: pairs
    expect(await found([1, 0.5, 0.25], [[1, 0.9], [0, 0.5], [2, 0.25]], 2, true)).toEqual({
      rows: [1, 2],
      similarities: [0.9, 0.25].map(Math.fround),
    }); // biome-ignore format: pairs
    expect(await found([1, 0.5, 0.25], [[1, 0.9], [2, 0.25]], 2, true)).toMatchObject({ rows: [1, 2] }); // biome-ignore format: pairs
  });
});
