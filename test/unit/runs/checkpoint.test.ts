import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { latestCheckpoint, listCheckpoints, pruneCheckpoints, saveCheckpoint } from '../../../src/runs/checkpoint.js';
import { bundle } from './bundle.js';
import { NO_SMALL_DISK, smallDisk } from './smallDisk.js';
import { temporaryFolder } from './temporaryFolder.js';
import { loadDino, trainingState } from './trainingState.js';

const steps = (run: string) => listCheckpoints(run).map(({ step }) => step);
const leftovers = (run: string) => readdirSync(join(run, 'checkpoints')).filter((name) => !/^(\d+|latest)$/.test(name));

describe('saving and loading', () => {
  test('everything comes back bit for bit, from the run and from the checkpoint’s folder', async () => {
    const run = temporaryFolder();
    const path = await saveCheckpoint(run, trainingState(12));
    expect(path).toBe(join(run, 'checkpoints', '00000012'));
    expect(loadDino(path)).toEqual(trainingState(12));
    expect(loadDino(run)).toEqual(trainingState(12));
    expect(readdirSync(path).sort()).toEqual([
      'optimizer.safetensors',
      'state.json',
      'student.safetensors',
      'teacher.safetensors',
    ]);
    expect(leftovers(run)).toEqual([]);
  });

  test('the last one saved is the latest, even when a run went back to an earlier step', async () => {
    const run = temporaryFolder();
    for (const step of [5, 10, 7]) await saveCheckpoint(run, trainingState(step));
    expect(listCheckpoints(run).map(({ step, latest }) => [step, latest])).toEqual([
      [5, false],
      [7, true],
      [10, false],
    ]);
    expect(loadDino(run).step).toBe(7);
  });

  test('saving a step again replaces it', async () => {
    const run = temporaryFolder();
    await saveCheckpoint(run, trainingState(5));
    await saveCheckpoint(run, { ...trainingState(5), seed: 99 });
    expect(loadDino(run).seed).toBe(99);
    expect(steps(run)).toEqual([5]);
    expect(leftovers(run)).toEqual([]);
  });

  test('pruning keeps what is asked for, and always the latest', async () => {
    const run = temporaryFolder();
    for (const step of [5, 10, 15, 20]) await saveCheckpoint(run, trainingState(step));
    await pruneCheckpoints(run, ({ step }) => step === 10);
    expect(steps(run)).toEqual([10, 20]);
    expect(leftovers(run)).toEqual([]);
  });

  test('a run without checkpoints says so', () => {
    const run = temporaryFolder();
    expect(listCheckpoints(run)).toEqual([]);
    expect(latestCheckpoint(run)).toBeUndefined();
    expect(() => loadDino(run)).toThrow(`${run} has no checkpoint yet.`);
  });
});

describe('when something fails', () => {
  test('a full disk: a clear sentence, nothing half-written, and the checkpoint before it intact', async ({ skip }) => {
    const disk = smallDisk(256 * 1024);
    if (!disk) return skip(NO_SMALL_DISK);
    await saveCheckpoint(disk.path, trainingState(1, 4000));
    await expect(saveCheckpoint(disk.path, trainingState(2, 40_000))).rejects.toThrow(
      `The checkpoint of step 2 cannot be saved in ${disk.path}/checkpoints: the disk is full: free some space, or choose a folder on another disk; the last good checkpoint is step 1.`,
    );
    expect(leftovers(disk.path)).toEqual([]);
    expect(loadDino(disk.path)).toEqual(trainingState(1, 4000));
    // There is room again for what fits.
    await saveCheckpoint(disk.path, trainingState(3, 4000));
    expect(loadDino(disk.path).step).toBe(3);
  });

  test('a read-only folder', async ({ skip }) => {
    const disk = smallDisk(1024 * 1024);
    if (!disk) return skip(NO_SMALL_DISK);
    await saveCheckpoint(disk.path, trainingState(1));
    disk.makeReadOnly();
    await expect(saveCheckpoint(disk.path, trainingState(2))).rejects.toThrow(
      /the file system is read-only: choose another folder; the last good checkpoint is step 1\.$/,
    );
    expect(loadDino(disk.path).step).toBe(1);
  });

  test('a run that was deleted meanwhile is not made again', async () => {
    const run = join(temporaryFolder(), 'run');
    await expect(saveCheckpoint(run, trainingState(1))).rejects.toThrow(
      /^The checkpoint of step 1 cannot be saved in .*checkpoints: it does not exist; there is no earlier checkpoint\.$/,
    );
    expect(existsSync(run)).toBe(false);
  });

  test('a file in the place of the folder', async () => {
    const run = temporaryFolder();
    writeFileSync(join(run, 'checkpoints'), '');
    await expect(saveCheckpoint(run, trainingState(1))).rejects.toThrow(
      /^The checkpoint of step 1 cannot be saved in /,
    );
  });

  test('what a killed process left is not a checkpoint, and is cleared away by the next save', async () => {
    const run = temporaryFolder();
    await saveCheckpoint(run, trainingState(1));
    const torn = join(run, 'checkpoints', '.tmp-00000002-999');
    mkdirSync(torn);
    writeFileSync(join(torn, 'state.json'), '{}');
    expect(steps(run)).toEqual([1]);
    await saveCheckpoint(run, trainingState(3));
    expect(leftovers(run)).toEqual([]);
  });

  test('killed between the two renames of a replacement, the old one stands in, and comes back', async () => {
    const run = temporaryFolder();
    await saveCheckpoint(run, trainingState(1));
    await saveCheckpoint(run, trainingState(2));
    renameSync(join(run, 'checkpoints', '00000002'), join(run, 'checkpoints', '.old-00000002-999'));
    expect(latestCheckpoint(run)?.step).toBe(2);
    expect(loadDino(run)).toEqual(trainingState(2));
    await saveCheckpoint(run, trainingState(3));
    expect(steps(run)).toEqual([1, 2, 3]);
  });

  test('a part that is missing, cut off or from elsewhere is named', async () => {
    const run = temporaryFolder();
    const path = await saveCheckpoint(run, trainingState(1));
    const teacher = join(path, 'teacher.safetensors');
    const whole = readFileSync(teacher);
    truncateSync(teacher, whole.length - 1);
    expect(() => loadDino(run)).toThrow(
      `${teacher} is truncated: it has ${whole.length - 1} bytes, but at least ${whole.length} are needed`,
    );
    rmSync(teacher);
    expect(() => loadDino(run)).toThrow(`${teacher} cannot be read: it does not exist.`);
    writeFileSync(join(path, 'state.json'), '{"schemaVersion":1,"step":-1}');
    expect(() => loadDino(run)).toThrow(/state\.json cannot be read: step is -1, but must be at least 0\.$/);
    writeFileSync(join(path, 'state.json'), '{"sche');
    expect(() => loadDino(run)).toThrow(/state\.json cannot be read: .*JSON/);
  });
});

describe('killed at any moment', () => {
  test('the latest checkpoint is whole, and never older than the last one that was reported', async () => {
    const folder = temporaryFolder();
    const run = join(folder, 'run');
    mkdirSync(run);
    const script = join(folder, 'save.cjs');
    // Every value of a checkpoint is its step, so that a mixture of two would show. One step is saved twice in a row.
    writeFileSync(
      script,
      `const { saveCheckpoint } = require(${JSON.stringify(bundle('checkpoint', folder))});
      const tensor = (value) => ({ shape: [20000], dtype: 'float32', data: new Float32Array(20000).fill(value) });
      (async () => {
        for (let i = Number(process.argv[2]); ; i++) {
          const step = Math.ceil(i / 2);
          const network = { w: tensor(step) };
          await saveCheckpoint(${JSON.stringify(run)}, { networks: { student: network, teacher: network }, moments: network, memory: { center: tensor(step) },
            step, epoch: 0, iteration: step, optimizerSteps: { main: step, lastLayer: 0 }, seed: 0, epochs: 1, stepsPerEpoch: 1e6 });
          process.stdout.write(step + '\\n');
        }
      })();`,
    );
    let reported = 0;
    for (let kill = 0; kill < 8; kill++) {
      const child: ChildProcess = spawn(process.execPath, [script, String(2 * reported + 1)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child.stdout?.on('data', (text: Buffer) => {
        reported = Math.max(reported, ...text.toString().trim().split('\n').map(Number));
      });
      const started = child.stdout ? once(child.stdout, 'data') : Promise.resolve();
      await started;
      await wait(3 + 17 * kill);
      child.kill('SIGKILL');
      await once(child, 'close');
      const state = loadDino(run);
      expect(state.step).toBeGreaterThanOrEqual(reported);
      const { networks, moments, memory } = state;
      for (const tensor of [networks['student']?.['w'], networks['teacher']?.['w'], moments['w'], memory['center']])
        expect(tensor?.data.every((value) => value === state.step)).toBe(true);
      reported = state.step;
    }
  });
});
