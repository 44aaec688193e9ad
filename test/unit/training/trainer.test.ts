import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isSelfDistillation, isStep, type SelfDistillationStep } from '../../../src/metrics/metricsLine.js';
import type { TrainProgress } from '../../../src/protocol/worker.js';
import { listCheckpoints } from '../../../src/runs/checkpoint.js';
import { readMetrics } from '../../../src/runs/metricsFile.js';
import { metricsFile, openRun } from '../../../src/runs/run.js';
import type { TrainRun } from '../../../src/training/prepare.js';
import { train } from '../../../src/training/trainer.js';
import { loadDino } from '../runs/trainingState.js';
import { tinySettings, writeImages } from './images.js';

const cropWorkerFile = resolve('dist/cropWorker.cjs');
let root: string;
let data: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-trainer-'));
  data = await writeImages(join(root, 'images'), 24);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Heard {
  readonly progress: TrainProgress[];
  readonly log: string[];
}

interface TinySurroundings {
  /** Asked at each progress; when it says so the run is stopped. */
  readonly stopWhen?: (progress: TrainProgress) => boolean;
  readonly stop?: AbortController;
  readonly workerFile?: string;
}

async function trainTiny(
  run: string,
  changes: Partial<TrainRun> = {},
  { stopWhen = () => false, stop = new AbortController(), workerFile = cropWorkerFile }: TinySurroundings = {},
): Promise<Heard & { end: Awaited<ReturnType<typeof train>> }> {
  const heard: Heard = { progress: [], log: [] };
  const end = await train(
    { data, run: join(root, run), resume: false, settings: tinySettings(), ...changes },
    {
      cropWorkerFile: workerFile,
      stop: stop.signal,
      events: {
        onProgress: (progress) => {
          heard.progress.push(progress);
          if (stopWhen(progress)) stop.abort();
        },
        onLog: (level, message) => heard.log.push(`${level}: ${message}`),
      },
    },
  );
  return { ...heard, end };
}

const steps = (run: string): SelfDistillationStep[] =>
  readMetrics(metricsFile(join(root, run)))
    .filter(isStep)
    .filter(isSelfDistillation);
const losses = (run: string): number[] => steps(run).map(({ loss }) => loss);
const savedSteps = (run: string): number[] => listCheckpoints(join(root, run)).map(({ step }) => step);

describe('training', () => {
  it('resumes bit for bit, within an epoch and past the thaw of the last layer', async () => {
    const straight = await trainTiny('straight', { maxSteps: 8 });
    expect(straight.end).toMatchObject({ reason: 'max-steps', step: 8 });

    await trainTiny('interrupted', { maxSteps: 4 });
    // What a killed process leaves behind: lines after its last checkpoint, the last one torn.
    appendFileSync(metricsFile(join(root, 'interrupted')), '{"step":5,"epoch":0,"loss":99}\n{"step":6,"lo');
    const resumed = await trainTiny('interrupted', { maxSteps: 8, resume: true, settings: [] });
    expect(resumed.end).toMatchObject({ reason: 'max-steps', step: 8 });

    expect(losses('interrupted')).toEqual(losses('straight'));
    expect(losses('straight')).toHaveLength(8);
    const [one, other] = [loadDino(join(root, 'straight')), loadDino(join(root, 'interrupted'))];
    expect(other).toEqual(one);
    expect(savedSteps('interrupted')).toEqual([0, 4, 8]);
    const before = loadDino(join(root, 'interrupted', 'checkpoints', '00000004'));
    expect(before.networks['student']?.['head.last_layer.weight_v']).not.toEqual(
      one.networks['student']?.['head.last_layer.weight_v'],
    );
  });

  it.each(['sgd', 'lars'])('resumes bit for bit with %s and batch norm in the head', async (optimizer) => {
    const settings = tinySettings({ optimizer, use_bn_in_head: true, norm_last_layer: false, lr: 0.5 });
    await trainTiny(`${optimizer}-straight`, { settings, maxSteps: 8 });
    await trainTiny(`${optimizer}-interrupted`, { settings, maxSteps: 5 });
    await trainTiny(`${optimizer}-interrupted`, { maxSteps: 8, resume: true, settings: [] });
    expect(losses(`${optimizer}-interrupted`)).toEqual(losses(`${optimizer}-straight`));
    const [one, other] = ['straight', 'interrupted'].map((run) => loadDino(join(root, `${optimizer}-${run}`)));
    expect(other).toEqual(one);
    // All crops are one batch of the head: one count a step.
    expect(one?.networks['student']?.['head.mlp.1.num_batches_tracked']?.data[0]).toBe(8);
  });

  it('finishes: metrics, checkpoints of the epochs wanted, record, log', async () => {
    const { end, progress } = await trainTiny('finished', {
      settings: tinySettings({ epochs: 3, saveckp_freq: 2 }),
      name: 'stripes',
    });
    const dir = join(root, 'finished');
    expect(end).toEqual({ reason: 'finished', step: 18, checkpoint: join(dir, 'checkpoints', '00000018') });
    // Every second epoch's, and that of step 10, which shows how it began.
    expect(savedSteps('finished')).toEqual([0, 10, 12, 18]);
    const { record, status } = await openRun(dir);
    expect(status).toBe('finished');
    expect(record).toMatchObject({
      name: 'stripes',
      engine: { name: 'onnx' },
      totals: { steps: 18, totalSteps: 18, stepsPerEpoch: 6, unreadable: 0 },
    });
    expect(record.engine?.version).toMatch(/^onnxruntime-node \d/);
    expect(record.process).toBeUndefined();
    expect(steps('finished').map(({ step }) => step)).toEqual(Array.from({ length: 18 }, (_, i) => i + 1));
    for (const line of steps('finished')) {
      expect(line.kl).toBeCloseTo(line.loss - line.teacher_entropy, 4);
      expect(line.images_per_s).toBeGreaterThan(0);
      expect(line.grad_norm).toBeGreaterThan(0);
    }
    expect(readFileSync(join(dir, 'log.txt'), 'utf8')).toContain('ended after step 18 (finished)');
    const phases = progress.map(({ phase }) => phase).filter((phase, i, all) => phase !== all[i - 1]);
    expect(phases).toEqual([
      'reading data',
      'compiling',
      'saving',
      'training',
      'saving',
      'training',
      'saving',
      'training',
      'saving',
      'ended',
    ]);
    expect(progress.at(-1)).toMatchObject({ step: 18, totalSteps: 18, epoch: 3, epochs: 3 });

    const again = await trainTiny('finished', { resume: true, settings: [] });
    expect(again.end).toMatchObject({ reason: 'finished', step: 18 });
    expect(steps('finished')).toHaveLength(18);
  });

  it('saves a minute after it saved last, and keeps of these checkpoints the last alone', async () => {
    // The clock moves by what a test says, and by nothing that a busy machine adds.
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 0.01;
      return now;
    });
    const minutes = new Map([
      [2, 0.99],
      [3, 0.02],
      [5, 1.01],
      [6, 0.99],
    ]);
    const saved: string[] = [];
    try {
      const stopWhen = ({ phase, step }: TrainProgress) => {
        if (phase === 'saving') saved.push(`${step}, after ${savedSteps('safe')}`);
        // When a step is made, before it is decided whether to save.
        if (phase === 'training') now += 60_000 * (minutes.get(step) ?? 0);
        if (phase === 'training') minutes.delete(step);
        return false;
      };
      await trainTiny('safe', { maxSteps: 8 }, { stopWhen });
    } finally {
      clock.mockRestore();
    }
    // The untrained network's; a minute later, step 3; again, step 5, which takes its place; the end, too.
    expect(saved).toEqual(['0, after ', '3, after 0', '5, after 0,3', '8, after 0,5']);
    expect(savedSteps('safe')).toEqual([0, 8]);
  });

  it('stops after the step under way, and saves', async () => {
    const { end } = await trainTiny('stopped', {}, { stopWhen: ({ step }) => step === 3 });
    expect(end).toEqual({ reason: 'stopped', step: 3, checkpoint: join(root, 'stopped', 'checkpoints', '00000003') });
    expect((await openRun(join(root, 'stopped'))).status).toBe('stopped');
    expect(steps('stopped')).toHaveLength(3);
  });

  it('stopped while data are read makes no run, and leaves one that is resumed as it was', async () => {
    const stopWhen = ({ phase }: TrainProgress) => phase === 'reading data';
    const { end, progress } = await trainTiny('stopped-reading', {}, { stopWhen });
    expect(end).toEqual({ reason: 'stopped', step: 0 });
    expect(progress).toHaveLength(1);
    expect(existsSync(join(root, 'stopped-reading'))).toBe(false);

    await trainTiny('stopped-reading', { maxSteps: 2 });
    const before = readFileSync(join(root, 'stopped-reading', 'run.json'));
    const { end: again } = await trainTiny('stopped-reading', { resume: true, settings: [] }, { stopWhen });
    expect(again).toEqual({
      reason: 'stopped',
      step: 2,
      checkpoint: join(root, 'stopped-reading', 'checkpoints', '00000002'),
    });
    expect(readFileSync(join(root, 'stopped-reading', 'run.json'))).toEqual(before);
  });

  it('stopped while the step is compiled is a stopped run, and begins when it is resumed', async () => {
    const stopWhen = ({ phase }: TrainProgress) => phase === 'compiling';
    const { end, progress } = await trainTiny('stopped-compiling', {}, { stopWhen });
    expect(end).toEqual({ reason: 'stopped', step: 0 });
    expect(progress.map(({ phase }) => phase)).toEqual(['reading data', 'compiling', 'ended']);
    const { status, record } = await openRun(join(root, 'stopped-compiling'));
    expect(status).toBe('stopped');
    expect(record.totals).toMatchObject({ steps: 0, totalSteps: 12, stepsPerEpoch: 6 });
    expect(savedSteps('stopped-compiling')).toEqual([]);

    const resumed = await trainTiny('stopped-compiling', { resume: true, settings: [], maxSteps: 2 });
    expect(resumed.end).toMatchObject({ reason: 'max-steps', step: 2 });
    expect(savedSteps('stopped-compiling')).toEqual([0, 2]);
  });

  it('stopped while it waits for images does not wait for them', async () => {
    const workerFile = join(root, 'neverReady.cjs');
    writeFileSync(workerFile, 'module.exports = () => new Promise(() => {});');
    const stop = new AbortController();
    const stopWhen = ({ phase }: TrainProgress) => {
      // A moment later it waits for its first batch.
      if (phase === 'training') setTimeout(() => stop.abort(), 300);
      return false;
    };
    const { end } = await trainTiny('stopped-waiting', {}, { stopWhen, stop, workerFile });
    expect(end).toMatchObject({ reason: 'stopped', step: 0 });
    expect((await openRun(join(root, 'stopped-waiting'))).status).toBe('stopped');
    expect(savedSteps('stopped-waiting')).toEqual([0]);
  });

  it('ends a run whose loss is not a number, at that step, keeping what was good', async () => {
    // From the second epoch on the teacher's temperature is 0 in float32.
    const settings = tinySettings({
      warmup_teacher_temp: 0.04,
      teacher_temp: 1e-46,
      warmup_teacher_temp_epochs: 1,
      freeze_last_layer: 0,
    });
    const { end } = await trainTiny('diverged', { settings });
    const checkpoint = join(root, 'diverged', 'checkpoints', '00000006');
    expect(end).toMatchObject({ reason: 'failed', step: 6 });
    expect(end).toHaveProperty('message', expect.stringMatching(/^The loss is NaN at step 7: /));
    expect(end).toHaveProperty(
      'message',
      expect.stringContaining(`The last good checkpoint is step 6: ${checkpoint}.`),
    );
    const { status, record } = await openRun(join(root, 'diverged'));
    expect(status).toBe('failed');
    expect(record.error).toContain('at step 7');
    expect(steps('diverged')).toHaveLength(6);
    const kept = loadDino(checkpoint);
    for (const weights of [...Object.values(kept.networks), kept.moments]) {
      for (const { data: values } of Object.values(weights)) expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it('says before the first step what it fitted to the images, and that they are few', async () => {
    const { log } = await trainTiny('said', { preset: 'few-images', settings: ['engine=onnx'], maxSteps: 1 });
    const ofData = log.findIndex((line) => line.includes('settings of the preset few-images, fitted to 24 images: '));
    expect(log[ofData]).toMatch(/^info: .*warmup_epochs \d+, .*saveckp_freq \d+/);
    expect(ofData).toBeLessThan(log.findIndex((line) => line.includes('the training step runs on')));
    const said = log.filter((line) => line.includes('images are few'));
    expect(said).toEqual([
      expect.stringMatching(/^info: 24 images are few to learn from: .* Add images of the same kind, 100/),
    ]);
  });

  it("says before the first step what the original's arguments came to", async () => {
    const configFile = join(root, 'args.txt');
    writeFileSync(configFile, 'batch_size_per_gpu: 2\nworld_size: 2\ndata_path: /imagenet/train\nnum_workers: 10\n');
    const settings = tinySettings().filter((pair) => !/^(batch_size|num_workers)=/.test(pair));
    const { log } = await trainTiny('original', { configFile, settings, maxSteps: 1 });
    expect(log).toContain('info: batch_size is 4: 2 on 2 GPUs (world_size).');
    expect(log).toContain('info: data_path /imagenet/train is not read: a run is started with its images.');
    const { record } = await openRun(join(root, 'original'));
    expect(record.config).toMatchObject({ batch_size: 4, arch: 'vit' });
  });

  it('names and counts images that cannot be read, and goes on', async () => {
    const broken = join(root, 'broken-images');
    cpSync(data, broken, { recursive: true });
    writeFileSync(join(broken, 'lying', 'note.jpg'), 'no image');
    const whole = readFileSync(join(broken, 'lying', '0.png'));
    writeFileSync(join(broken, 'lying', '0.png'), whole.subarray(0, whole.length / 2));
    const { end, log } = await trainTiny('broken', { data: broken });
    expect(end).toEqual({ reason: 'finished', step: 12, checkpoint: expect.any(String) });
    const warnings = log.filter((line) => line.startsWith('warn: the image'));
    expect(warnings.sort()).toEqual([
      expect.stringMatching(/^warn: the image lying\/0\.png is left out: .*truncated/),
      expect.stringMatching(/^warn: the image lying\/note\.jpg is left out: /),
    ]);
    expect((await openRun(join(root, 'broken'))).record.totals.unreadable).toBe(2);
  });

  it('fails, with its last good state saved, when too many images cannot be read', async () => {
    const broken = join(root, 'many-broken-images');
    cpSync(data, broken, { recursive: true });
    for (const name of ['a', 'b', 'c', 'd', 'e']) writeFileSync(join(broken, 'standing', `${name}.jpg`), 'no image');
    const { end } = await trainTiny('many-broken', { data: broken });
    expect(end.reason).toBe('failed');
    expect(end).toHaveProperty(
      'message',
      expect.stringMatching(/max_unreadable_share \(0\.1\).*The last good checkpoint is step \d+/),
    );
    expect((await openRun(join(root, 'many-broken'))).status).toBe('failed');
  });

  it('refuses what does not fit before it makes anything', async () => {
    await expect(trainTiny('too-large', { settings: tinySettings({ batch_size: 25 }) })).rejects.toThrow(
      /A batch of 25 images is larger than the data set .*, which has 24/,
    );
    expect(existsSync(join(root, 'too-large'))).toBe(false);
    await expect(trainTiny('absent', { resume: true })).rejects.toThrow(/absent is not a run: it has no run\.json/);
  });

  it('refuses to resume with other images, or with settings that would change the run', async () => {
    await trainTiny('kept', { maxSteps: 1 });
    await expect(trainTiny('kept', { resume: true, settings: ['lr=1', 'num_workers=2'] })).rejects.toThrow(
      'A resumed run keeps its settings: lr (0.05) cannot be changed; start a new run instead.',
    );
    const fewer = join(root, 'fewer-images');
    cpSync(data, fewer, { recursive: true });
    rmSync(join(fewer, 'lying', '0.png'));
    await expect(trainTiny('kept', { resume: true, data: fewer })).rejects.toThrow(/\(24 images, now 23\)/);
    await expect(trainTiny('kept')).rejects.toThrow(/kept holds a run already/);
    expect(readdirSync(join(root, 'kept', 'checkpoints')).sort()).toEqual(['00000000', '00000001', 'latest']);
  });
});
