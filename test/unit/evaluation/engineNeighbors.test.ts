import { describe, expect, it } from 'vitest';
import { eagerEngine } from '../../../src/engines/eager.js';
import type { Engine } from '../../../src/engines/engine.js';
import { openTensorFlowEngine } from '../../../src/engines/tensorflow/engine.js';
import { nearestByEngine } from '../../../src/evaluation/engineNeighbors.js';
import { type FeatureMatrix, knnAccuracies, normalizeRows } from '../../../src/evaluation/knn.js';
import { forEachNeighborhood } from '../../../src/evaluation/neighborhoods.js';
import { onnxEngine } from '../engines/onnxEngine.js';
import { tensorflowIsMissing, whySkipped } from '../engines/tensorflowHere.js';

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
