import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { version } from '../../../package.json';
import { attentionOf } from '../../../src/attention/queriesAndKeys.js';
import * as protocol from '../../../src/protocol/worker.js';
import { latestCheckpoint } from '../../../src/runs/checkpoint.js';
import { openRun } from '../../../src/runs/run.js';
import { attentive } from '../evaluation/attentive.js';
import { TINY, writeImages } from '../training/images.js';

let root: string;
let data: string;
let child: ChildProcess | undefined;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-worker-'));
  data = await writeImages(join(root, 'images'), 24);
});
afterEach(() => child?.kill('SIGKILL'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Worker {
  readonly connection: MessageConnection;
  readonly process: ChildProcess;
  readonly progress: protocol.TrainProgress[];
  /** Resolves when training has made so many steps, or is in that phase. */
  reached(place: number | protocol.TrainPhase): Promise<void>;
}

async function startWorker(): Promise<Worker> {
  const forked = fork(resolve('dist/worker.cjs'), {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child = forked;
  const connection = createMessageConnection(new IPCMessageReader(forked), new IPCMessageWriter(forked));
  const progress: Worker['progress'] = [];
  const waiting: { place: number | protocol.TrainPhase; resolve: () => void }[] = [];
  connection.onNotification(protocol.progress, (value) => {
    progress.push(value);
    for (const { place, resolve } of waiting) {
      if (typeof place === 'number' ? value.step >= place : value.phase === place) resolve();
    }
  });
  const greeting = new Promise<protocol.Ready>((done) => connection.onNotification(protocol.ready, done));
  connection.listen();
  expect(await greeting).toEqual({ version, pid: forked.pid, node: process.version });
  return {
    connection,
    process: forked,
    progress,
    reached: (place) => new Promise((done) => waiting.push({ place, resolve: done })),
  };
}

const trainRequest = (run: string, settings: Record<string, unknown> = {}): protocol.TrainRequest => ({
  data,
  run: join(root, run),
  settings: { ...TINY, epochs: 10_000, ...settings },
  resume: false,
});

/** Enough for the compile to take a second or more. */
const DEEP = { embed_dim: 192, depth: 12, out_dim: 4096 };

describe('the worker', () => {
  it('trains, stops on request, and reports to its end', async () => {
    const { connection, progress, reached } = await startWorker();
    const training = connection.sendRequest(protocol.train, trainRequest('stopped'));
    await reached(20);
    await expect(connection.sendRequest(protocol.train, trainRequest('second'))).rejects.toThrow(
      'a run is being trained in this process already',
    );
    await connection.sendRequest(protocol.stop);
    const end = await training;
    expect(end).toMatchObject({ reason: 'stopped', checkpoint: latestCheckpoint(join(root, 'stopped'))?.path });
    expect((await openRun(join(root, 'stopped'))).status).toBe('stopped');
    expect(progress.at(-1)).toMatchObject({ phase: 'ended', step: end.step });
  });

  it('answers a failure as what it is: before the run an error, within it the end', async () => {
    const { connection } = await startWorker();
    await expect(
      connection.sendRequest(protocol.train, { ...trainRequest('x'), data: join(root, 'nowhere') }),
    ).rejects.toThrow(/^There is no folder or file .*nowhere/);
    const end = await connection.sendRequest(
      protocol.train,
      trainRequest('nan', { warmup_teacher_temp: 1e-46, teacher_temp: 1e-46 }),
    );
    expect(end).toMatchObject({ reason: 'failed', step: 0, message: expect.stringContaining('at step 1') });
  });

  it('shows attention, while it trains too', async () => {
    const { connection, reached } = await startWorker();
    const question = {
      checkpoint: 'test/reference/tiny-vit/teacher_final.safetensors',
      image: { kind: 'file', path: join(data, 'lying', '0.png') },
    } as const;
    await expect(connection.sendRequest(protocol.attention, question)).rejects.toMatchObject({
      message: expect.stringContaining('does not tell how many attention heads it has'),
      data: 'heads-unknown',
    });
    const training = connection.sendRequest(protocol.train, trainRequest('watched'));
    await reached(2);
    const asked = { ...question, checkpoint: join(root, 'watched'), resolution: 50 };
    const answer = await attentive(connection.sendRequest(protocol.attention, asked));
    expect(answer).toMatchObject({ heads: 3, rows: 6, columns: 6, width: 48, height: 48, step: 0 });
    expect(answer.checkpointName).toBe('images, step 0 (teacher)');
    expect(answer.queries).toBeInstanceOf(Float32Array);
    const attention = attentionOf(answer, 'cls');
    expect(attention).toHaveLength(3 * 36);
    expect(answer.image).toHaveLength(48 * 48 * 3);
    // With its attention to itself, which is left out, each head's would sum to 1.
    for (let head = 0; head < 3; head++) {
      const mass = attention.subarray(head * 36, (head + 1) * 36).reduce((sum, value) => sum + value, 0);
      expect(mass).toBeGreaterThan(0.8);
      expect(mass).toBeLessThan(1);
    }
    await connection.sendRequest(protocol.stop);
    expect((await training).reason).toBe('stopped');
  });

  it('stops while it compiles, within the stage under way', async () => {
    const { connection, reached } = await startWorker();
    const compiling = reached('compiling');
    const training = connection.sendRequest(protocol.train, trainRequest('compiled', DEEP));
    await compiling;
    await connection.sendRequest(protocol.stop);
    expect(await training).toEqual({ reason: 'stopped', step: 0 });
    expect((await openRun(join(root, 'compiled'))).status).toBe('stopped');
  });

  it.each(['reading data', 'compiling'] as const)('ends when its parent goes while it is %s', async (phase) => {
    const { connection, process: worker, reached } = await startWorker();
    const there = reached(phase);
    const run = `orphaned-${phase.replace(' ', '-')}`;
    connection.sendRequest(protocol.train, trainRequest(run, DEEP)).catch(() => undefined);
    await there;
    worker.disconnect();
    const [code] = await once(worker, 'exit');
    expect(code).toBe(0);
    if (phase === 'compiling') expect((await openRun(join(root, run))).status).toBe('stopped');
    else expect(existsSync(join(root, run))).toBe(false);
  });

  it('saves and ends when its parent goes', async () => {
    const worker = await startWorker();
    const training = worker.connection.sendRequest(protocol.train, trainRequest('orphaned'));
    training.catch(() => undefined);
    await worker.reached(5);
    worker.process.disconnect();
    const [code] = await once(worker.process, 'exit');
    expect(code).toBe(0);
    const { status, record } = await openRun(join(root, 'orphaned'));
    expect(status).toBe('stopped');
    expect(latestCheckpoint(join(root, 'orphaned'))?.step).toBe(record.totals.steps);
    expect(record.totals.steps).toBeGreaterThanOrEqual(5);
  });
});
