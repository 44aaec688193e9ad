import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EvaluatedSteps } from '../../../src/runs/evaluatedSteps.js';
import { measuredSteps, newEvaluationRecord, storeEvaluation } from '../../../src/runs/evaluations.js';
import { RunCurves } from '../../../src/runs/runCurves.js';
import { temporaryFolder } from './temporaryFolder.js';

const store = (dir: string, step: number, value: number) =>
  storeEvaluation(
    dir,
    newEvaluationRecord({
      ...{ evaluation: 'knn', version: 1, title: 'k-NN', options: {}, data: {}, versions: {}, lines: [] },
      checkpoint: { name: 'run', step, network: 'teacher' },
      date: '2026-01-02T03:04:05.000Z',
      summary: [{ metric: 'knn_top1', value }],
      details: {},
    }),
  );

it('a metric is told of one network, data and options: those of its newest result', () => {
  const result = (network: string, step: number, value: number, day: number) => ({
    file: '',
    record: newEvaluationRecord({
      ...{ evaluation: 'knn', version: 1, title: 'k-NN', options: {}, versions: {}, lines: [], details: {} },
      data: { train: { path: 'images' } },
      checkpoint: { name: 'run', step, network },
      date: `2026-01-0${day}T03:04:05.000Z`,
      summary: [{ metric: 'knn_top1', value }],
    }),
  });
  const ofTeacher = [result('teacher', 0, 10, 1), result('teacher', 5, 20, 3)];
  expect(measuredSteps([...ofTeacher, result('student', 5, 90, 2)])).toEqual([
    { step: 0, values: { knn_top1: 10 } },
    { step: 5, values: { knn_top1: 20 } },
  ]);
  expect(measuredSteps([...ofTeacher, result('student', 5, 90, 4)])).toEqual([{ step: 5, values: { knn_top1: 90 } }]);
});

it('results of checkpoints are points of the curves, at their steps, also those that come later', async () => {
  const dir = temporaryFolder();
  const line = (step: number) => `${JSON.stringify({ step, epoch: 0, loss: 5, images_per_s: 8, time: 1000 * step })}\n`;
  writeFileSync(join(dir, 'metrics.jsonl'), [1, 2, 3, 4].map(line).join(''));
  await store(dir, 2, 40);
  const evaluated = new EvaluatedSteps(dir);
  const curves = new RunCurves(join(dir, 'metrics.jsonl'), ['loss', 'knn_top1'], 8, 100, () => evaluated.read());
  const first = await curves.read();
  expect([...(first?.columns['knn_top1'] ?? [])]).toEqual([Number.NaN, 40, Number.NaN, Number.NaN]);
  expect(await curves.read()).toBeUndefined();
  await store(dir, 0, 10);
  await store(dir, 4, 60);
  const later = await curves.read();
  expect(later?.from).toBe(0);
  expect([...(later?.columns['knn_top1'] ?? [])]).toEqual([10, 40, Number.NaN, 60]);
});
