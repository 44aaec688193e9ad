import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { looksOf } from '../../../src/host/runLooks.js';
import { MOST_RUNS } from '../../../src/protocol/curves.js';
import { openMetricsWriter } from '../../../src/runs/metricsFile.js';
import { createRun, listRuns, metricsFile, openRun, updateRun } from '../../../src/runs/run.js';
import { changeNotes, LOOKS, notesFile, readNotes } from '../../../src/runs/runNotes.js';
import { runsTableHead, runsTableRow } from '../../../src/runs/runsTable.js';
import { resolveSettings } from '../../../src/settings/resolve.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dino-notes-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const made = (name: string) =>
  createRun({
    root,
    name,
    settings: resolveSettings({}).settings,
    dataset: { path: '/images', fingerprint: 'f', images: 640 },
  });

describe('what is noted of a run', () => {
  it('is another name, wherever it is listed, and the record stays as it is', async () => {
    const { dir } = await made('first');
    changeNotes(dir, { name: '  renamed ', isStarred: true });
    expect((await openRun(dir)).record.name).toBe('renamed');
    await updateRun(dir, { status: 'finished' });
    const [listed] = await listRuns(root);
    expect(listed).toMatchObject({ record: { name: 'renamed', status: 'finished' }, notes: { isStarred: true } });
    changeNotes(dir, { name: undefined, isStarred: undefined });
    expect((await openRun(dir)).record.name, 'its own again').toBe('first');
    expect(existsSync(notesFile(dir))).toBe(false);
  });

  it('is nothing when the file is damaged, and is refused when it is not valid', async () => {
    const { dir } = await made('first');
    writeFileSync(notesFile(dir), '{ "look": 99 }');
    expect(readNotes(dir)).toEqual({});
    expect((await openRun(dir)).record.name).toBe('first');
    expect(() => changeNotes(dir, { name: ' ' })).toThrow(/cannot be noted/);
    expect(() => changeNotes(dir, { look: LOOKS })).toThrow(/cannot be noted/);
    expect(() => changeNotes(join(root, 'nowhere'), { look: 1 })).toThrow(/notes\.json cannot be written/);
  });
});

describe('the looks of runs that are seen together', () => {
  it('are all different, stay with the folder, and yield to what was chosen', async () => {
    expect(LOOKS).toBe(MOST_RUNS);
    const some = Array.from({ length: LOOKS }, (_, i) => ({ dir: `/runs/same${i % 2}/${i}` }));
    expect(new Set(looksOf(some).values()).size).toBe(LOOKS);
    expect(looksOf(some)).toEqual(looksOf(some));
    const { dir } = await made('first');
    const own = looksOf([{ dir }]).get(dir) ?? 0;
    const chosen = await made('second');
    changeNotes(chosen.dir, { look: own });
    const together = looksOf([{ dir }, { dir: chosen.dir, run: await openRun(chosen.dir) }]);
    expect(together.get(chosen.dir)).toBe(own);
    expect(together.get(dir)).not.toBe(own);
  });
});

describe('the table of runs', () => {
  it('has a row a run, with its results and settings, and no formula', async () => {
    const run = await made('=first, "best"');
    const writer = openMetricsWriter(metricsFile(run.dir));
    const common = { lr: 0, weight_decay: 0, teacher_momentum: 1, teacher_temp: 0.04, teacher_entropy: 2, kl: 1 };
    [5, 2.5, 3].forEach((loss, i) => {
      const rest = { ...common, grad_norm: 1, feature_std: 0.1, images_per_s: 10, data_wait_ms: 0, time: i };
      writer.append({ step: i + 1, epoch: 0, loss, ...rest });
    });
    writer.close();
    const columns = runsTableHead().trimEnd().split(',');
    const row = await runsTableRow(run);
    expect(row).toMatch(/^"'=first, ""best""",/);
    const cells = row
      .trimEnd()
      .replace(/^".*?",(?=\/)/, 'name,')
      .split(',');
    const cell = (name: string) => cells[columns.indexOf(name)];
    expect(cells).toHaveLength(columns.length);
    expect(['step', 'loss', 'lowest_loss', 'lowest_loss_step', 'lr'].map(cell)).toEqual([
      '3',
      '3',
      '2.5',
      '2',
      '0.0005',
    ]);
    expect(await runsTableRow(await made('without metrics'))).toContain('without metrics,');
  });
});
