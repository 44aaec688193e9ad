/** Real runs of a tiny network, most of them provoked to fail: what the diagnosis says of them, live and afterwards. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIAGNOSIS_WINDOW, type Diagnosis, type DiagnosisKind, diagnoseRun } from '../../../src/diagnosis/diagnosis.js';
import { summarize } from '../../../src/host/runSummary.js';
import { describeShownRun } from '../../../src/host/shownRun.js';
import { describeRun } from '../../../src/host/wording.js';
import { isProbe } from '../../../src/metrics/metricsLine.js';
import { readMetrics } from '../../../src/runs/metricsFile.js';
import { NO_METRICS, readRecent } from '../../../src/runs/recentMetrics.js';
import { metricsFile, openRun } from '../../../src/runs/run.js';
import { train } from '../../../src/training/trainer.js';
import { dino } from '../cli/dino.js';
import { tinySettings, writeImages } from './images.js';

let root: string;
let data: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-diagnosis-'));
  data = await writeImages(join(root, 'images'), 24);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Three steps an epoch, a few milliseconds each. */
const SETTINGS = {
  depth: 2,
  local_crops_number: 2,
  batch_size: 8,
  drop_path_rate: 0,
  freeze_last_layer: 0,
  lr: 0.02,
  epochs: 35,
};

interface Trained {
  readonly dir: string;
  readonly diagnosis: Diagnosis;
  readonly log: readonly string[];
}

async function trainTiny(
  name: string,
  changes: Readonly<Record<string, unknown>>,
  { images = data } = {},
): Promise<Trained> {
  const dir = join(root, name);
  const log: string[] = [];
  await train(
    { data: images, run: dir, resume: false, settings: tinySettings({ ...SETTINGS, ...changes }) },
    {
      cropWorkerFile: resolve('dist/cropWorker.cjs'),
      stop: new AbortController().signal,
      events: { onProgress: () => undefined, onLog: (level, message) => log.push(`${level}: ${message}`) },
    },
  );
  const diagnosis = diagnoseRun(await openRun(dir), readRecent(metricsFile(dir), DIAGNOSIS_WINDOW));
  return { dir, diagnosis, log };
}

describe('the diagnosis', () => {
  const provoked: [DiagnosisKind, string, Readonly<Record<string, unknown>>, finding: RegExp, remedy: RegExp][] = [
    [
      'teacher-too-soft',
      'a teacher temperature of 1',
      { teacher_temp: 1, warmup_teacher_temp: 1 },
      /^Collapsed to uniform: .* \(teacher entropy 4\.56 of ln K = 4\.56.* The teacher temperature, 1, is too high: /,
      /Lower teacher_temp to at most 0\.07/,
    ],
    [
      'rate-too-high',
      'a learning rate that is far too high, warmed up',
      { lr: 0.3, teacher_temp: 0.07, warmup_teacher_temp: 0.07, epochs: 60 },
      /^Collapsed to uniform: .*\(teacher entropy 4\.5\d of ln K = 4\.56, ln K is collapse\)\. The learning rate is too high: /,
      /Lower lr to about 0\.016 \(now 0\.3\)/,
    ],
    [
      'rate-too-high',
      'a learning rate of 10 from the first step on',
      { lr: 10, warmup_epochs: 0 },
      /^Collapsed.* The learning rate is too high: lr 10 with a batch_size of 8 comes to 0\.31/,
      /Lower lr to about 0\.016 \(now 10\)/,
    ],
    [
      'center-fixed',
      'a center that does not move',
      { center_momentum: 1, teacher_temp: 0.02, warmup_teacher_temp: 0.02, epochs: 60 },
      /^Collapsed to one dimension: .*\(teacher entropy 0\.\d\d of ln K/,
      /Lower center_momentum to 0\.9 \(now 1\)/,
    ],
    [
      'diverged',
      'a learning rate of 10 with a weight decay of 10',
      { lr: 10, warmup_epochs: 0, weight_decay: 10, weight_decay_end: 10, batch_size: 24 },
      /^Training diverged: at step \d+ the loss or the gradient was no longer a finite number\.$/,
      /Warm the learning rate up: it was not, warmup_epochs is 0; or lower lr \(now 10\)/,
    ],
    [
      'rate-too-low',
      'a learning rate of 0',
      { lr: 0, min_lr: 0, epochs: 24 },
      /^The loss stays at ln K = 4\.56 \(now \d\.\d\d\).* The learning rate is too low to learn: lr 0 /,
      /Raise lr to about 0\.016 \(now 0\)/,
    ],
  ];
  it.each(provoked)('finds %s with %s', async (kind, name, settings, finding, remedy) => {
    const { dir, diagnosis, log } = await trainTiny(name, settings);
    expect(diagnosis).toMatchObject({ kind, level: 'error' });
    expect(diagnosis.finding).toMatch(finding);
    expect(diagnosis.remedy).toMatch(remedy);
    // What the tree and the panel say; of one that has failed its own error stands there.
    const [disk, recent] = [await openRun(dir), readRecent(metricsFile(dir), DIAGNOSIS_WINDOW)];
    const summary = summarize({ dir, now: Date.now(), disk, recent });
    if (kind === 'diverged') expect(summary.problems.join()).toMatch(/diverged/);
    else expect(describeRun(summary)).toContain(diagnosis.title);
    expect(describeShownRun(summary, 0).diagnosis?.text).toMatch(remedy);
    // While it trained it was said in the log; a run that diverges ends with its own error.
    if (kind !== 'diverged') expect(log.filter((line) => line.startsWith('warn: ')).join('\n')).toMatch(remedy);
  });

  it('is told of all of them by `dino runs`', async () => {
    const { stdout, code } = await dino('runs', root);
    expect(code).toBe(0);
    for (const [, , , finding, remedy] of provoked) {
      const lines = stdout.split('\n').map((line) => line.trim());
      expect(lines.some((line) => finding.test(line) && lines.some((other) => remedy.test(other)))).toBe(true);
    }
  });

  it('finds a run that waits for its images', async () => {
    const slow = join(root, 'large images');
    mkdirSync(slow);
    const side = 2400;
    const noise = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 2_654_435_761) >>> 24);
    for (let index = 0; index < 4; index++) {
      await sharp(noise, { raw: { width: side, height: side, channels: 3 } })
        .jpeg()
        .toFile(join(slow, `${index}.jpg`));
    }
    const light = { embed_dim: 6, depth: 1, patch_size: 16, image_size: 16, batch_size: 1, epochs: 10 };
    const { diagnosis } = await trainTiny('starved', light, { images: slow });
    expect(diagnosis).toMatchObject({ kind: 'starved', level: 'warning' });
    expect(diagnosis.finding).toMatch(/\d+ % of the time the step waits/);
    expect(diagnosis.remedy).toContain('num_workers (now 1');
  });

  it('leaves a run that learns in peace, and says that its learning rate warms up', async () => {
    const { diagnosis, log, dir } = await trainTiny('fine', { epochs: 20, warmup_epochs: 5 });
    expect(diagnosis).toMatchObject({ kind: 'learning', level: 'good' });
    expect(diagnosis.remedy).toBeUndefined();
    expect(log.filter((line) => line.startsWith('warn: '))).toEqual([]);

    const probes = readMetrics(metricsFile(dir)).filter(isProbe);
    expect([probes[0]?.step, probes.at(-1)?.step], 'before the first step and after the last').toEqual([0, 60]);
    expect(probes[0]).toEqual({
      ...{ step: 0, epoch: 0, probe_images: 24, time: expect.any(Number) },
      ...{ probe_knn: expect.any(Number), probe_view_agreement: expect.any(Number) },
    });
    expect(probes.at(-1)?.probe_neighbor_stability).toBeGreaterThan(0);

    const run = await openRun(dir);
    expect(run.record.sample).toEqual({ images: 24, blank: 0, alike: 0, medianSide: 40, largestClass: 12 });
    const recent = readRecent(metricsFile(dir), DIAGNOSIS_WINDOW);
    const running = { ...run, status: 'running' as const };
    const last = recent.steps.at(-1)?.time ?? 0;
    expect(diagnoseRun(running, recent, last + 50_000).kind).toBe('learning');
    expect(diagnoseRun(running, recent, last + 180_000)).toMatchObject({
      kind: 'stalled',
      finding: expect.stringMatching(/^Stalled: no step for 3 min, where a step takes 0\.\d+ s\.$/),
    });
    expect(diagnoseRun(running, NO_METRICS, last + 180_000).kind, 'a first step may take its time').toBe('too-early');
    expect(diagnoseRun(running, NO_METRICS, last + 1_000_000).kind).toBe('stalled');
    const teaching = { ...running, record: { ...running.record, computesTeacher: true as const } };
    expect(diagnoseRun(teaching, NO_METRICS, last + 1_000_000).kind, 'its teacher comes first').toBe('too-early');
    expect(diagnoseRun(run, recent, last + 1_000_000).kind, 'a run that has ended makes no steps').toBe('learning');
  });
});
