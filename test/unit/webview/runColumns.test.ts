import { describe, expect, it } from 'vitest';
import { shownMetrics } from '../../../src/host/shownRun.js';
import { METRICS } from '../../../src/metrics/catalogue.js';
import type { ShownRun } from '../../../src/protocol/curves.js';
import { RunColumns } from '../../../webview/curves/columns.js';
import {
  bestStep,
  chosenColumns,
  columnsOf,
  defaultColumns,
  movedColumn,
  passes,
  type Read,
  sortedRows,
} from '../../../webview/curves/runColumns.js';

const buffer = (...values: number[]): ArrayBuffer => Float64Array.from(values).buffer;

function made(name: string, lr: string, losses: number[]) {
  const run: ShownRun = {
    dir: `/runs/${name}`,
    name,
    look: 0,
    description: '',
    stepsPerEpoch: 2,
    batchSize: 8,
    uniformLoss: 0,
    metrics: shownMetrics(METRICS, 0),
    settings: [
      { key: 'lr', label: 'lr', value: lr },
      { key: 'epochs', label: 'epochs', value: '3' },
    ],
    results: [{ key: 'time', label: 'Training time', value: `${losses.length} min`, order: 60 * losses.length }],
  };
  const curve = new RunColumns();
  const steps = losses.map((_, i) => i + 1);
  curve.apply({
    dir: run.dir,
    curves: [{ from: 0, columns: { step: buffer(...steps), seconds: buffer(...steps), loss: buffer(...losses) } }],
  });
  return { run, curve };
}

const all = [made('first', '0.001', [5, 2, 3]), made('second', '1e-2', [6, 5, 4, 3.5, 9]), made('third', '0.0005', [])];
const runs = all.map(({ run }) => run);
const curves = new Map(all.map(({ run, curve }) => [run.dir, curve]));
const columns = (read: Partial<Read> = {}) =>
  columnsOf(runs, curves, { place: 'newest', stepOf: () => undefined, ...read });
const texts = (id: string, read?: Partial<Read>) =>
  columns(read)
    .find((one) => one.id === id)
    ?.cells.map(({ text }) => text);

describe('the columns of the table of runs', () => {
  it('tell of the newest step, of the best, or of one that is read', () => {
    expect(texts('measured:loss')).toEqual(['3.000', '9.000', '']);
    expect(texts('measured:step')).toEqual(['3', '5', '']);
    expect(texts('measured:step', { place: 'best' }), 'by loss').toEqual(['2', '4', '']);
    expect(texts('measured:loss', { place: 'best' })).toEqual(['2.000', '3.500', '']);
    const read = { place: 'read', stepOf: () => 2 } as const;
    expect(texts('measured:loss', read)).toEqual(['2.000', '5.000', '']);
    expect(texts('lowest:loss')).toEqual(['2.000', '3.500', '']);
    expect(bestStep([])).toBeUndefined();
  });

  it('are, before anybody chooses, how a run stands and its first results', () => {
    expect(defaultColumns(shownMetrics(METRICS, 0))).toEqual([
      'result:state',
      'measured:step',
      'measured:loss',
      'lowest:loss',
      'measured:kl',
      'measured:images_per_s',
      'measured:knn_top1',
      'measured:linear_top1',
      'measured:test_top1',
    ]);
  });

  it('are those that were chosen, in their order, and the settings that differ', () => {
    const ids = (chosen: string[], withDifferent: boolean) =>
      chosenColumns(columns(), chosen, withDifferent).map(({ id }) => id);
    expect(ids(['measured:kl', 'result:time', 'gone'], true)).toEqual(['measured:kl', 'result:time', 'set:lr']);
    expect(ids(['set:lr'], true)).toEqual(['set:lr']);
    expect(ids([], false)).toEqual([]);
    expect(movedColumn(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c']);
    expect(movedColumn(['a', 'b', 'c'], 'c', 9)).toEqual(['a', 'b', 'c']);
    expect(movedColumn(['a', 'b'], 'x', 1)).toEqual(['a', 'b']);
  });

  it('sort by numbers as numbers, what is missing last', () => {
    const by = (id: string, isDescending = false) =>
      sortedRows(
        3,
        columns().find((one) => one.id === id),
        isDescending,
      );
    expect(by('set:lr')).toEqual([2, 0, 1]);
    expect(by('set:lr', true)).toEqual([1, 0, 2]);
    expect(by('measured:loss', true)).toEqual([1, 0, 2]);
    expect(by('measured:loss')).toEqual([0, 1, 2]);
    expect(by('result:time', true)).toEqual([1, 0, 2]);
    expect(by('gone')).toEqual([0, 1, 2]);
  });

  it('are filtered by words and comparisons, all of which must hold', () => {
    const left = (filter: string) =>
      runs.flatMap(({ name }, row) => (passes(filter, name, row, columns()) ? [name] : []));
    expect(left('')).toEqual(['first', 'second', 'third']);
    expect(left('IR')).toEqual(['first', 'third']);
    expect(left('loss<5')).toEqual(['first']);
    expect(left('loss>=3 lr=0.01')).toEqual(['second']);
    expect(left('nothing<3')).toEqual([]);
    expect(left('epochs=3 third')).toEqual(['third']);
  });
});
