import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runsCommand } from '../../../src/cli/runs.js';
import { newEvaluationRecord, storeEvaluation } from '../../../src/runs/evaluations.js';
import { createRun, metricsFile } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { linesOf, resultOf } from './inProcess.js';

it('A folder that is not there is refused, and so is a file', async () => {
  const root = temporaryFolder();
  await expect(resultOf(runsCommand(), join(root, 'nowhere'))).rejects.toThrow(
    `There is no folder ${join(root, 'nowhere')}.`,
  );
  writeFileSync(join(root, 'file'), '');
  await expect(resultOf(runsCommand(), join(root, 'file'))).rejects.toThrow('is no folder');
  expect(await resultOf(runsCommand(), root)).toEqual({ runs: [] });
});

it('What was evaluated in training is told with the rest', async () => {
  const root = temporaryFolder();
  const { dir } = await createRun({
    dir: join(root, 'run'),
    settings: resolveSettings().settings,
    dataset: { path: '/images', fingerprint: '', images: 9 },
  });
  const place = (step: number) => ({ step, epoch: 0, time: 0 });
  appendFileSync(
    metricsFile(dir),
    [
      { ...place(5), knn_top1: 40, knn_top5: 80 },
      { ...place(10), knn_top1: 30, knn_top5: 90 },
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  );
  const { runs } = (await resultOf(runsCommand(), root)) as { runs: { evaluations: unknown }[] };
  expect(runs[0]?.evaluations).toEqual([
    { step: 5, values: { knn_top1: 40, knn_top5: 80 } },
    { step: 10, values: { knn_top1: 30, knn_top5: 90 } },
  ]);
  // What was evaluated of a checkpoint is newer than what the training measured of the same step: in the list, and in the table.
  await storeEvaluation(
    dir,
    newEvaluationRecord({
      ...{
        evaluation: 'knn',
        version: 1,
        title: 'k-NN',
        checkpoint: { name: 'step 10', step: 10, network: 'teacher' },
      },
      ...{ options: {}, data: {}, date: '2026-01-01T00:00:00.000Z', versions: {}, lines: [], details: {} },
      summary: [{ metric: 'knn_top1', value: 35 }],
    }),
  );
  expect(await linesOf(runsCommand(), root)).toContain(
    '  k-NN: 35.00 % top-1 at step 10, best 40.00 % top-1 at step 5',
  );
  const [head = '', row = ''] = (await linesOf(runsCommand(), root, '--csv')).map((line) => line.trim().split(','));
  expect(row[head.indexOf('knn_top1')]).toBe('35');
  expect(row[head.indexOf('knn_top5')]).toBe('90');
});
