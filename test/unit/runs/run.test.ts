import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { processStart, thisProcess } from '../../../src/runs/processIdentity.js';
import {
  createRun,
  deleteRun,
  finishDeletions,
  holdRun,
  listRuns,
  type NewRun,
  openRun,
  runFile,
  updateRun,
} from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { bundle } from './bundle.js';
import { NO_SMALL_DISK, smallDisk } from './smallDisk.js';
import { temporaryFolder } from './temporaryFolder.js';

const { settings } = resolveSettings({ preset: 'small-data', set: { seed: 7 } });
const newRun = (place: Pick<NewRun, 'dir' | 'root' | 'name'>): NewRun => ({
  ...place,
  settings,
  preset: 'small-data',
  dataset: { path: '/data/Flowers & Trees', fingerprint: 'abc', images: 300 },
  engine: { name: 'eager', version: 'tfjs 4' },
  totals: { totalSteps: 80, stepsPerEpoch: 4 },
});

describe('making and reading a run', () => {
  test('the record says everything that the run is made of', async () => {
    const dir = join(temporaryFolder(), 'a', 'b');
    const run = await createRun(newRun({ dir }));
    expect(run).toMatchObject({ dir, status: 'created' });
    expect(run.record).toMatchObject({
      schemaVersion: 1,
      name: 'Flowers & Trees',
      preset: 'small-data',
      config: settings,
      engine: { name: 'eager' },
      seeds: { run: 7 },
      versions: { node: process.versions.node },
      totals: { steps: 0, totalSteps: 80, stepsPerEpoch: 4, seconds: 0, unreadable: 0 },
    });
    expect(Date.parse(run.record.createdAt)).toBeLessThanOrEqual(Date.now());
    expect(await openRun(dir)).toEqual(run);
  });

  test('in a root each run has a folder of its own, named by time and name', async () => {
    const root = join(temporaryFolder(), 'runs');
    const runs = await Promise.all(['x', 'x', '../../etc'].map((name) => createRun(newRun({ root, name }))));
    expect(new Set(runs.map(({ dir }) => dir)).size).toBe(3);
    for (const { dir } of runs) expect(join(root, basename(dir))).toBe(dir);
    expect(basename(runs[2]?.dir ?? '')).toMatch(/^\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-etc$/);
  });

  test('a folder that holds something is not taken', async () => {
    const dir = temporaryFolder();
    await createRun(newRun({ dir }));
    await expect(createRun(newRun({ dir }))).rejects.toThrow(
      `${dir} holds a run already: resume it, or choose another folder.`,
    );
    const other = temporaryFolder();
    writeFileSync(join(other, 'thesis.tex'), '');
    await expect(createRun(newRun({ dir: other }))).rejects.toThrow(
      `${other} is not empty: choose a new folder for the run.`,
    );
  });

  test('a read-only folder is said so', async ({ skip }) => {
    const disk = smallDisk(1024 * 1024);
    if (!disk) return skip(NO_SMALL_DISK);
    const run = await createRun(newRun({ dir: join(disk.path, 'before') }));
    disk.makeReadOnly();
    await expect(createRun(newRun({ dir: join(disk.path, 'run') }))).rejects.toThrow(
      `The run's folder ${join(disk.path, 'run')} cannot be made: the file system is read-only: choose another folder.`,
    );
    await expect(createRun(newRun({ root: disk.path }))).rejects.toThrow(
      `A run cannot be made in ${disk.path}: the file system is read-only`,
    );
    await expect(updateRun(run.dir, { status: 'failed' })).rejects.toThrow(
      /cannot be written: the file system is read-only/,
    );
    await expect(holdRun(run.dir)).rejects.toThrow(/cannot be locked: the file system is read-only/);
  });

  test('changes are merged; totals entry by entry; undefined takes an entry away', async () => {
    const { dir } = await createRun(newRun({ dir: join(temporaryFolder(), 'r') }));
    await updateRun(dir, { error: 'loss is NaN', name: 'renamed', totals: { steps: 3 } });
    const run = await updateRun(dir, { error: undefined, totals: { unreadable: 1 } });
    expect(run.record).toMatchObject({ name: 'renamed', totals: { steps: 3, totalSteps: 80, unreadable: 1 } });
    expect(run.record.error).toBeUndefined();
    await expect(updateRun(dir, { totals: { steps: -1 } })).rejects.toThrow(/totals\.steps/);
    expect((await openRun(dir)).record.totals.steps).toBe(3);
  });
});

describe('a list of runs', () => {
  test('newest first, with a damaged one as an entry that says why', async () => {
    const root = temporaryFolder();
    const first = await createRun(newRun({ root, name: 'first' }));
    await updateRun(first.dir, { createdAt: '2020-01-01T00:00:00.000Z' });
    const second = await createRun(newRun({ root, name: 'second' }));
    for (const [name, text] of [
      ['torn', '{"schemaVersion":1,'],
      ['future', '{"schemaVersion":99}'],
      ['odd', '{"schemaVersion":1,"name":3}'],
    ] as const) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'run.json'), text);
    }
    const badSettings = await createRun(newRun({ dir: join(root, 'settings') }));
    const text = readFileSync(runFile(badSettings.dir), 'utf8').replace('"epochs": 20', '"epochs": "many"');
    writeFileSync(runFile(badSettings.dir), text);
    mkdirSync(join(root, 'no run'));
    writeFileSync(join(root, 'a file'), '');

    const runs = await listRuns(root);
    expect(runs.map((run) => ('record' in run ? run.record.name : `${basename(run.dir)}: ${run.error}`))).toEqual([
      'second',
      'first',
      expect.stringMatching(/^future: .* was made by a newer version of DINO Lab/),
      expect.stringMatching(/^odd: .* is damaged: name is .*, but must be a text\.$/),
      expect.stringMatching(/^settings: epochs is "many" in .*run\.json, but must be/),
      expect.stringMatching(/^torn: .* is damaged: it is not JSON\.$/),
    ]);
    expect(runs[0]?.dir).toBe(second.dir);
  });

  test('a root that is not there has no runs', async () => {
    expect(await listRuns(join(temporaryFolder(), 'none'))).toEqual([]);
  });
});

describe('the process that trains a run', () => {
  /** Another process that has the run, until it is killed. */
  async function otherHolder(dir: string) {
    const folder = temporaryFolder();
    const script = join(folder, 'hold.cjs');
    writeFileSync(
      script,
      `require(${JSON.stringify(bundle('run', folder))}).holdRun(${JSON.stringify(dir)}).then(() => {
        process.stdout.write('held');
        setInterval(() => {}, 1000);
      });`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child;
  }

  test('has it alone; killed, it leaves an interrupted run that can be gone on with', async () => {
    const root = temporaryFolder();
    const { dir } = await createRun(newRun({ root }));
    const child = await otherHolder(dir);
    expect((await openRun(dir)).status).toBe('running');
    await expect(holdRun(dir)).rejects.toThrow(
      `is being trained by process ${child.pid} on ${hostname()}: stop it there first`,
    );
    await expect(deleteRun(root, dir)).rejects.toThrow('because it is being trained: stop it first.');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect((await openRun(dir)).status).toBe('interrupted');
    const held = await holdRun(dir);
    expect((await openRun(dir)).status).toBe('running');
    expect((await held.end('finished', { totals: { steps: 80 } })).status).toBe('finished');
  });

  test('of two that come at once, one gets it', async () => {
    const { dir } = await createRun(newRun({ root: temporaryFolder() }));
    const results = await Promise.allSettled([holdRun(dir), holdRun(dir)]);
    const won = results.filter((result) => result.status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(results.find((result) => result.status === 'rejected')?.reason.message).toContain(
      'is being trained by another process',
    );
    await won[0]?.value.end('stopped');
  });

  test('its end is recorded, and the next may have it', async () => {
    const { dir } = await createRun(newRun({ root: temporaryFolder() }));
    const held = await holdRun(dir);
    expect((await held.update({ totals: { steps: 2 } })).record.process).toEqual(await thisProcess());
    const failed = await held.end('failed', { error: 'The loss of step 3 is not a number.' });
    expect(failed.record).toMatchObject({
      status: 'failed',
      error: 'The loss of step 3 is not a number.',
      totals: { steps: 2 },
    });
    expect(failed.record.endedAt).toBeDefined();
    expect(failed.record.process).toBeUndefined();
    const again = await holdRun(dir);
    const running = await openRun(dir);
    expect([running.record.error, running.record.endedAt]).toEqual([undefined, undefined]);
    await again.end('stopped');
  });

  test('a pid that another process has now does not count', async () => {
    const { dir } = await createRun(newRun({ root: temporaryFolder() }));
    const me = await thisProcess();
    await updateRun(dir, { status: 'running', process: me });
    expect((await openRun(dir)).status).toBe('running');
    await updateRun(dir, { process: { ...me, start: 'at another time' } });
    expect((await openRun(dir)).status).toBe('interrupted');
    await updateRun(dir, { process: { ...me, host: 'another-machine' } });
    expect((await openRun(dir)).status).toBe('interrupted');
  });

  test('the start of a process is the same whenever it is asked for, and differs between processes', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    const start = await processStart(child.pid ?? 0);
    expect(start).toBeDefined();
    expect(await processStart(child.pid ?? 0)).toBe(start);
    expect(await processStart(process.pid)).not.toBe(start);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await processStart(child.pid ?? 0)).toBeUndefined();
  });
});

describe('deleting', () => {
  test('takes the folder away, also that of a damaged run', async () => {
    const root = temporaryFolder();
    const { dir } = await createRun(newRun({ root }));
    writeFileSync(runFile(dir), 'garbage');
    await deleteRun(root, dir);
    expect(existsSync(dir)).toBe(false);
    expect(await listRuns(root)).toEqual([]);
  });

  test('that was cut off is gone on with, unless its process still does', async () => {
    const root = temporaryFolder();
    const { dir } = await createRun(newRun({ root }));
    // No process has this number: it is above what any system gives.
    const [leftover, underWay] = [join(root, '.deleted-a-run-99999999'), join(root, `.deleted-other-${process.pid}`)];
    for (const folder of [leftover, underWay]) {
      mkdirSync(join(folder, 'checkpoints'), { recursive: true });
      writeFileSync(join(folder, 'checkpoints', 'teacher.safetensors'), 'large');
    }
    await finishDeletions(root);
    expect([leftover, underWay, dir].map(existsSync)).toEqual([false, true, true]);
  });

  test('refuses what is not a run in the folder of the runs, links resolved', async () => {
    const root = temporaryFolder();
    const elsewhere = await createRun(newRun({ root: temporaryFolder() }));
    symlinkSync(elsewhere.dir, join(root, 'link'));
    mkdirSync(join(root, 'images'));
    await expect(deleteRun(root, elsewhere.dir)).rejects.toThrow('it does not lie in the folder of the runs');
    await expect(deleteRun(root, join(root, 'link'))).rejects.toThrow('it does not lie in the folder of the runs');
    await expect(deleteRun(root, join(root, 'images', '..', '..', basename(root)))).rejects.toThrow(
      'it does not lie in',
    );
    await expect(deleteRun(root, join(root, 'images'))).rejects.toThrow('it has no run.json, so it is not a run');
    await expect(deleteRun(root, join(root, 'none'))).rejects.toThrow('is not deleted: it does not exist.');
    expect(existsSync(runFile(elsewhere.dir))).toBe(true);
  });
});
