/** CONTRIBUTING's "Add a metric", with one that does not exist: it is described once, and then it is known everywhere. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shownMetrics } from '../../../src/host/shownRun.js';
import { catalogueOf, curvesOf } from '../../../src/metrics/catalogue.js';
import type { MetricSpec } from '../../../src/metrics/metricSpec.js';
import { linesReader } from '../../../src/metrics/metricsLine.js';
import { runsSchema, type ShownRun } from '../../../src/protocol/curves.js';
import { tableHead, tableRows } from '../../../src/runs/metricsTable.js';
import { RunCurves } from '../../../src/runs/runCurves.js';
import { runsTableHead } from '../../../src/runs/runsTable.js';
import { RunColumns } from '../../../webview/curves/columns.js';
import { columnsOf } from '../../../webview/curves/runColumns.js';
import { drawnOf, offeredBy } from '../../../webview/curves/series.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const dummy = {
  name: 'koleo_loss',
  title: 'KoLeo loss',
  unit: 'nats',
  format: 2,
  meaning: 'How evenly the features of a batch are spread.',
  occasion: 'step',
  group: 'loss',
  curve: 'shown',
  result: 'offered',
} as const satisfies MetricSpec;
const catalogue = catalogueOf([dummy]);
const line = (step: number, values: object) =>
  `${JSON.stringify({ step, epoch: 0, ...values, images_per_s: 8, time: 1000 * step })}\n`;

describe('a metric that a method brings', () => {
  it('is among those of its group, and two of one name are refused', () => {
    const names = catalogue.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['loss', 'koleo_loss', 'feature_std']);
    expect(() => catalogueOf([{ ...dummy, name: 'loss' }])).toThrow('There are two metrics loss');
  });

  it('is read back from a line, where it must be a number', () => {
    const read = linesReader(catalogue);
    expect(read(line(1, { loss: 5, koleo_loss: 0.5 }))).toMatchObject([{ step: 1, koleo_loss: 0.5 }]);
    expect(read(line(1, { loss: 5 })), 'of a run before it').toHaveLength(1);
    expect(read(line(1, { loss: 5, koleo_loss: 'much' }))).toEqual([]);
    expect(read(line(1, { koleo_loss: 0.5 })), 'it does not tell what line it is').toEqual([]);
  });

  it('makes a line of its own where it tells its occasion, as an evaluation', () => {
    const evaluated: MetricSpec = { ...dummy, occasion: 'evaluation', group: 'evaluation', identifies: true };
    expect(linesReader(catalogueOf([evaluated]))(line(1, { koleo_loss: 0.5 }))).toHaveLength(1);
  });

  it('is offered as a curve and as a column, and is in every table', async () => {
    const path = join(temporaryFolder(), 'metrics.jsonl');
    writeFileSync(
      path,
      line(1, { loss: 5, koleo_loss: 0.5 }) + line(2, { loss: 4 }) + line(3, { loss: 3, koleo_loss: 2 }),
    );
    const drawn = curvesOf(catalogue).map(({ name }) => name);
    const change = await new RunCurves(path, drawn, 8, 100).read();
    expect([...(change?.columns['koleo_loss'] ?? [])]).toEqual([0.5, Number.NaN, 2]);

    const run: ShownRun = {
      ...{ dir: '/runs/a', name: 'a', look: 0, description: '', stepsPerEpoch: 2, batchSize: 8, uniformLoss: 0 },
      ...{ settings: [], results: [], metrics: shownMetrics(catalogue, 0) },
    };
    const [received] = runsSchema.parse([run]);
    if (received === undefined) throw new Error('no run was received');
    const offered = offeredBy([received]);
    expect(offered.map(({ name }) => name)).toContain('koleo_loss');
    expect(drawnOf(offered, undefined).map(({ title }) => title)).toContain('KoLeo loss');
    expect(drawnOf(offered, ['loss']).map(({ title }) => title)).toEqual(['Loss']);

    const curve = new RunColumns();
    const columns = Object.entries(change?.columns ?? {}).map(([name, { buffer }]) => [name, buffer] as const);
    curve.apply({ dir: run.dir, curves: [{ from: 0, columns: Object.fromEntries(columns) }] });
    const all = columnsOf([received], new Map([[run.dir, curve]]), { place: 'newest', stepOf: () => undefined });
    const column = all.find(({ id }) => id === 'measured:koleo_loss');
    expect([column?.label, column?.cells]).toEqual(['KoLeo loss', [{ text: '2.00', order: 2 }]]);

    expect(tableHead(catalogue).split(',')).toContain('koleo_loss');
    const at = tableHead(catalogue).split(',').indexOf('koleo_loss');
    const [row = ''] = tableRows('a', linesReader(catalogue)(line(1, { loss: 5, koleo_loss: 0.5 })), catalogue).split(
      '\r',
    );
    expect(row.split(',')[at]).toBe('0.5');
    expect(runsTableHead(catalogue).split(',')).toContain('koleo_loss');
  });
});
