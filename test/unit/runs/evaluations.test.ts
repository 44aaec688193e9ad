import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../../src/metrics/catalogue.js';
import {
  type EvaluationRecord,
  evaluationTable,
  listEvaluations,
  measuredSteps,
  newEvaluationRecord,
  readEvaluation,
  storeEvaluation,
} from '../../../src/runs/evaluations.js';
import { temporaryFolder } from './temporaryFolder.js';

const record = (change: Partial<EvaluationRecord> = {}): EvaluationRecord =>
  newEvaluationRecord({
    evaluation: 'knn',
    version: 1,
    title: 'k-NN',
    checkpoint: { name: 'flowers, step 20 (teacher)', step: 20, network: 'teacher' },
    options: { k: [5] },
    data: { train: { path: '/images', fingerprint: 'abc', images: 8 } },
    date: '2026-01-02T03:04:05.000Z',
    versions: { 'dino-lab': '1.0.0' },
    summary: [{ metric: 'knn_top1', value: 75 }],
    lines: ['k 5: top-1 75.00 %'],
    details: { best: '5' },
    ...change,
  });

describe('results beside the checkpoints', () => {
  it('are read back as they were, and leave nothing else in the folder', async () => {
    const dir = temporaryFolder();
    const file = await storeEvaluation(dir, record());
    expect(readEvaluation(file)).toEqual(record());
    expect(readdirSync(join(dir, 'evaluations'))).toEqual([file.slice(join(dir, 'evaluations').length + 1)]);
    expect(file).toContain('00000020-teacher-knn-');
  });

  it('of the same evaluation, data and options take the place of the earlier one; others are beside it', async () => {
    const dir = temporaryFolder();
    await storeEvaluation(dir, record());
    await storeEvaluation(dir, record({ date: '2026-01-03T00:00:00.000Z', lines: ['new'] }));
    await storeEvaluation(dir, record({ options: { k: [9] } }));
    await storeEvaluation(dir, record({ data: { train: { path: '/images', fingerprint: 'changed' } } }));
    await storeEvaluation(dir, record({ data: { train: { path: '/others', fingerprint: 'abc' } } }));
    const all = listEvaluations(dir);
    expect(all).toHaveLength(4);
    expect(all.map((one) => ('record' in one ? one.record.lines : one.error))).toContainEqual(['new']);
  });

  it('are in order of their steps, and of two of a step the newer one is on the curve', async () => {
    const dir = temporaryFolder();
    const at = (step: number) => ({ name: 'flowers', step, network: 'teacher' });
    const value = (top1: number) => [{ metric: 'knn_top1', value: top1 }];
    await storeEvaluation(dir, record({ checkpoint: at(100), summary: value(60) }));
    await storeEvaluation(dir, record({ checkpoint: at(20), date: '2026-01-05T00:00:00.000Z', summary: value(40) }));
    await storeEvaluation(dir, record({ checkpoint: at(20), options: {}, summary: value(30) }));
    await storeEvaluation(dir, record({ checkpoint: { name: 'a file' } }));
    expect(measuredSteps(listEvaluations(dir))).toEqual([
      { step: 20, values: { knn_top1: 40 } },
      { step: 100, values: { knn_top1: 60 } },
    ]);
  });

  it('that are damaged, torn or of an unknown form are named, and do not hide the others', async () => {
    const dir = temporaryFolder();
    const good = await storeEvaluation(dir, record());
    const put = (name: string, text: string) => writeFileSync(join(dir, 'evaluations', name), text);
    put('a.json', readFileSync(good, 'utf8').slice(0, 40));
    put('b.json', JSON.stringify({ ...record(), schemaVersion: 9 }));
    put('c.json', JSON.stringify({ ...record(), summary: 'much' }));
    const problems = listEvaluations(dir).flatMap((one) => ('error' in one ? [one.error] : []));
    expect(problems).toEqual([
      expect.stringContaining('a.json cannot be read: it is not JSON.'),
      expect.stringMatching(/b\.json has the form 9, which this version of DINO Lab does not know/),
      expect.stringMatching(/c\.json is damaged: summary is "much", but must be a list\.$/),
    ]);
    expect(listEvaluations(dir)).toHaveLength(4);
  });

  it('are none without the folder; a run that is gone is not made again by them', async () => {
    const dir = temporaryFolder();
    expect(listEvaluations(dir)).toEqual([]);
    await expect(storeEvaluation(join(dir, 'gone'), record())).rejects.toThrow(
      /cannot be written: it does not exist\./,
    );
    mkdirSync(join(dir, 'evaluations'));
    expect(measuredSteps(listEvaluations(dir))).toEqual([]);
  });

  it('are a table with a line a number', () => {
    expect(evaluationTable([record()], METRICS).split('\n')).toEqual([
      'checkpoint,step,network,evaluation,metric,value,unit,data,date',
      '"flowers, step 20 (teacher)",20,teacher,knn,knn_top1,75,% top-1,/images,2026-01-02T03:04:05.000Z',
      '',
    ]);
  });
});
