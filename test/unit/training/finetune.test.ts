/** Runs that learn labels: which images they learn from, what tests them, and that they go on as if they had never stopped. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/data/dataset.js';
import { isStep, type TestMetrics } from '../../../src/metrics/metricsLine.js';
import { latestCheckpoint, listCheckpoints, loadCheckpoint } from '../../../src/runs/checkpoint.js';
import { readMetrics } from '../../../src/runs/metricsFile.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { metricsFile, openRun } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { requireStartedFrom } from '../../../src/training/init.js';
import { heldOut, learnedImages } from '../../../src/training/labeledParts.js';
import { prepare, type TrainRun } from '../../../src/training/prepare.js';
import { train } from '../../../src/training/trainer.js';
import { CropPreviews } from '../../../src/worker/cropPreviews.js';
import { TINY, writeImages } from './images.js';

let root: string;
let data: string;
let untrained: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-finetune-'));
  data = await writeImages(join(root, 'images'), 24);
  const { end } = await trained('start', { settings: { ...TINY, batch_size: 4 }, maxSteps: 1 });
  expect(end).toMatchObject({ reason: 'max-steps' });
  untrained = join(root, 'start', 'checkpoints', '00000000');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The settings of the network come from the weights. */
const FINE_TUNING = {
  ...{ method: 'finetune', engine: 'onnx', num_workers: 1, batch_size: 4, epochs: 3, lr: 0.02, held_out: 0.25 },
  ...{ checkpoints_mb: 0, saveckp_freq: 0 },
};

async function trained(name: string, changes: Partial<TrainRun>) {
  const log: string[] = [];
  const run = join(root, name);
  const end = await train(
    { data, run, resume: false, ...changes },
    {
      cropWorkerFile: resolve('dist/cropWorker.cjs'),
      stop: new AbortController().signal,
      events: { onProgress: () => undefined, onLog: (level, message) => log.push(`${level}: ${message}`) },
    },
  );
  return { run, end, log };
}

const finetuned = (name: string, settings: Readonly<Record<string, unknown>> = {}, changes: Partial<TrainRun> = {}) =>
  trained(name, { settings: { ...FINE_TUNING, ...settings }, init: { path: untrained }, ...changes });

const linesOf = (run: string) => readMetrics(metricsFile(run));
const stepsOf = (run: string) => linesOf(run).filter(isStep);
const testsOf = (run: string) => linesOf(run).filter((line): line is TestMetrics => 'test_top1' in line);
const stateOf = (run: string) => loadCheckpoint(run, { roles: { classifier: {} }, memory: {} });

describe('Fine-tuning', () => {
  it('learns from the images that are not held out, is tested on the others, and keeps its best checkpoint', async () => {
    const { run, end, log } = await finetuned('whole');
    expect(end).toMatchObject({ reason: 'finished', step: 12 });
    expect(log).toContain('info: 2 classes; learned from 18 images, tested on 6 others, 25 % of each class (held_out)');
    expect(log.join('\n')).toContain('with a new classification head for 2 classes');
    const tests = testsOf(run);
    expect(tests.map(({ step, epoch }) => [step, epoch])).toEqual([
      [4, 0],
      [8, 1],
      [12, 2],
    ]);
    for (const { test_top1, test_loss } of tests) {
      expect((test_top1 * 6) / 100).toBeCloseTo(Math.round((test_top1 * 6) / 100), 9);
      expect(test_loss).toBeGreaterThan(0);
    }
    const { record } = await openRun(run);
    const best = tests.reduce((one, other) => (other.test_top1 > one.test_top1 ? other : one));
    expect(record.best).toEqual({ step: best.step, test_top1: best.test_top1 });
    expect(record).toMatchObject({
      classes: ['lying', 'standing'],
      config: { num_labels: 2, embed_dim: 48, image_size: 32 },
    });
    expect(listCheckpoints(run).map(({ step }) => step)).toEqual([...new Set([0, best.step, 12])]);
    const first = stepsOf(run)[0] as {
      readonly loss: number;
      readonly train_top1?: number;
      readonly feature_std: number;
    };
    expect(first.loss).toBeCloseTo(Math.log(2), 0);
    expect(first.train_top1).toBeOneOf([0, 25, 50, 75, 100]);
    expect(first.feature_std).toBeGreaterThan(0);
  });

  it('resumes bit for bit, whatever parts its batches are computed in', async () => {
    const { run } = await finetuned('straight', {}, { maxSteps: 7 });
    const { run: stopped } = await finetuned('stopped', {}, { maxSteps: 5 });
    await trained('stopped', { resume: true, maxSteps: 7 });
    expect(stepsOf(stopped).map(({ loss }) => loss)).toEqual(stepsOf(run).map(({ loss }) => loss));
    expect(stateOf(stopped)).toEqual(stateOf(run));
    const { run: inParts } = await finetuned('parts', { gradient_accumulation_steps: 2 }, { maxSteps: 3 });
    const [whole, parts] = [stepsOf(run), stepsOf(inParts)].map((steps) => steps.slice(0, 3).map(({ loss }) => loss));
    parts?.forEach((loss, i) => {
      expect(loss).toBeCloseTo(whole?.[i] as number, 5);
    });
  });

  it('moves the first layers less than the last ones, and none at a decay of nearly 0', async () => {
    const { run } = await finetuned('decay', { layer_decay: 0.01, finetune_freq: 0 }, { maxSteps: 4 });
    const start = loadCheckpoint(join(run, 'checkpoints', '00000000'), { roles: { classifier: {} }, memory: {} });
    const moved = (name: string) => {
      const [before, after] = [start, stateOf(run)].map(({ networks }) => networks['classifier']?.[name]?.data ?? []);
      return Math.max(...Array.from(after ?? [], (value, i) => Math.abs(value - (before?.[i] as number))));
    };
    const [first, last, head] = [
      moved('backbone.blocks.0.mlp.fc1.weight'),
      moved('backbone.blocks.2.mlp.fc1.weight'),
      moved('head.weight'),
    ];
    expect(last).toBeGreaterThan(50 * first);
    expect(head).toBeGreaterThan(50 * last);
    expect(testsOf(run)).toEqual([]);
  });

  it('makes a network that all else can look at', async () => {
    const { run } = await finetuned('looked-at', {}, { maxSteps: 4 });
    const network = await loadNetwork(run);
    expect(network).toMatchObject({ name: 'images, step 4 (classifier)', network: 'classifier', step: 4 });
    expect(network.head).toBeUndefined();
    expect(network.backbone).toMatchObject({ kind: 'vit', embedDim: 48, numHeads: 3, imageSize: 32 });
    expect(network.parameters['backbone.norm.bias']).toEqual(
      stateOf(run).networks['classifier']?.['backbone.norm.bias'],
    );
    // And another fine-tuning can start from it.
    const again = await finetuned('again', {}, { maxSteps: 1, init: { path: run } });
    expect(again.end).toMatchObject({ step: 1 });
  });

  it('takes classes from a table, and tests other images', async () => {
    const table = join(root, 'labels.csv');
    writeFileSync(table, `name,class\n${Array.from({ length: 24 }, (_, i) => `${i}.png,${i % 3}`).join('\n')}\n`);
    const { run, log } = await finetuned('table', {
      finetune_labels: table,
      finetune_test: data,
      finetune_test_labels: table,
    });
    expect(log).toContain(`info: 3 classes; learned from 24 images, tested on 24 of ${data}`);
    expect(log.join('\n')).toContain('the test images are the training images');
    const { record } = await openRun(run);
    expect(record).toMatchObject({ classes: ['0', '1', '2'], config: { held_out: 0, num_labels: 3 } });
    expect(latestCheckpoint(run)?.step).toBe(18);
  });

  it('never learns from images that were held out before, also where other images test it when it goes on', async () => {
    const other = await writeImages(join(root, 'other'), 8);
    const { run } = await finetuned('other-test', {}, { maxSteps: 5 });
    const first = (await openRun(run)).record;
    expect(first.best).toMatchObject({ step: 4 });
    const { log } = await trained('other-test', { resume: true, maxSteps: 7, settings: { finetune_test: other } });
    const { record } = await openRun(run);
    expect(record.config).toMatchObject({ held_out: 0.25, finetune_test: other });
    // Of 24 images an epoch had 6 steps, of 18 it has 4.
    expect(record.totals.stepsPerEpoch).toBe(4);
    expect(log.join('\n')).toContain('tested on other images than before: it learns from the same images as before');
    // What other images have told of step 4 is no longer the best.
    expect(record.best?.step).toBe(7);
    const { settings, labeled } = await prepare(
      { data, run, resume: true, settings: { finetune_test: other } },
      new AbortController().signal,
    );
    expect(labeled?.learned).toEqual(heldOut(await openDataset(data), settings).learned);
    expect(labeled?.test.images).toHaveLength(8);
  });

  it('says the share that is held out without the digits of its product', async () => {
    const { remarks } = await prepare(
      {
        data,
        run: join(root, 'never'),
        resume: false,
        settings: { ...FINE_TUNING, held_out: 0.07 },
        init: { path: untrained },
      },
      new AbortController().signal,
    );
    expect(remarks.join('\n')).toContain('2 others, 7 % of each class (held_out)');
  });

  it('is told of with what is wrong before it starts', async () => {
    const failing = (settings: Readonly<Record<string, unknown>>, changes: Partial<TrainRun> = {}) =>
      finetuned('never', settings, changes).then(
        () => 'no error',
        (error: Error) => error.message,
      );
    const one = await writeImages(join(root, 'one'), 1);
    expect(await failing({}, { data: one })).toBe(
      `Fine-tuning needs at least two classes, but all images of ${one} are “lying”.`,
    );
    const table = join(root, 'some.csv');
    writeFileSync(table, 'name,class\n0.png,a\n1.png,b\n');
    expect(await failing({ finetune_labels: table })).toContain(`Fine-tuning needs a class for each image of ${data}`);
    writeFileSync(
      table,
      `name,class\n${Array.from({ length: 24 }, (_, i) => `${i}.png,${i % 2}\n${i}.png,1`).join('\n')}\n`,
    );
    expect(await failing({ finetune_labels: table })).toBe(
      'some.csv says different classes of lying/0.png: leave one line for each image.',
    );
    expect(await failing({ finetune_test_labels: table })).toBe(
      `Fine-tuning: there are classes of test images (${table}), but no test images.`,
    );
    expect(await failing({}, { init: { path: untrained, head: 'kept' } })).toContain(
      'Fine-tuning has a new classification head',
    );
    expect(await failing({ num_labels: 5 })).toBe(`num_labels is 5, but the images in ${data} have 2 classes.`);
    expect(await failing({ finetune_test: join(root, 'nowhere') })).toContain('There is no folder or file');
    expect(await failing({ batch_size: 20 })).toContain('has 18 to learn from');
    await expect(trained('never', { settings: FINE_TUNING })).rejects.toThrow(
      'Fine-tuning starts from the weights of a network',
    );
  });

  it('goes on with the same class of each image alone, wherever they are told', async () => {
    const table = join(root, 'before.csv');
    const moved = join(root, 'moved.csv');
    const write = (file: string, classOf: (i: number) => number) =>
      writeFileSync(file, `name,class\n${Array.from({ length: 24 }, (_, i) => `${i}.png,${classOf(i)}`).join('\n')}\n`);
    write(table, (i) => i % 2);
    const { run } = await finetuned('labels', { finetune_labels: table }, { maxSteps: 1 });
    const resumed = (settings: Readonly<Record<string, unknown>>) =>
      prepare({ data, run, resume: true, settings }, new AbortController().signal);
    write(moved, (i) => i % 2);
    const { learned } = (await resumed({ finetune_labels: moved })).labeled ?? {};
    expect(learned).toEqual((await resumed({})).labeled?.learned);
    write(moved, (i) => (i === 3 ? 0 : i % 2));
    const sentence = (said: string) =>
      `${said} gives images other classes than the run ${run} was started with (${table}): other images would be held out, so the classes must be the same to go on.`;
    await expect(resumed({ finetune_labels: moved })).rejects.toThrow(sentence(moved));
    write(table, (i) => (i === 3 ? 0 : i % 2));
    await expect(resumed({})).rejects.toThrow(sentence(table));
    // A run of an earlier version has no record of them.
    const file = join(run, 'run.json');
    const { labels, ...earlier } = JSON.parse(readFileSync(file, 'utf8'));
    expect(labels).toMatch(/^[0-9a-f]{64}$/);
    writeFileSync(file, JSON.stringify(earlier));
    await expect(resumed({ finetune_labels: moved })).rejects.toThrow('leave finetune_labels as it was');
    expect((await resumed({})).labeled).toBeDefined();
  });

  it('says when k-NN is measured otherwise from here on', async () => {
    const { run } = await finetuned('knn', { knn_freq: 1, knn_k: 3 }, { maxSteps: 1 });
    const remarks = async (settings: Readonly<Record<string, unknown>>) =>
      (await prepare({ data, run, resume: true, settings }, new AbortController().signal)).remarks.join('\n');
    expect(await remarks({ knn_k: 5 })).toContain('k-NN is not measured as before (knn_k)');
    expect(await remarks({ knn_freq: 2 })).not.toContain('k-NN is not');
  });

  it('goes on with the same classes alone', async () => {
    const table = join(root, 'classes.csv');
    const write = (name: string) =>
      writeFileSync(
        table,
        `name,class\n${Array.from({ length: 24 }, (_, i) => `${i}.png,${name}${i % 2}`).join('\n')}\n`,
      );
    write('a');
    const { run } = await finetuned('classes', { finetune_labels: table }, { maxSteps: 1 });
    write('b');
    await expect(trained('classes', { resume: true })).rejects.toThrow(
      `The classes of ${data} are not those that the run ${run} was started with: they must be the same to go on.`,
    );
  });
});

describe('What is held out', () => {
  const labels = [...Array<number>(10).fill(0), ...Array<number>(3).fill(1), 2];
  const set = { size: labels.length, labelOf: (index: number) => labels[index] };

  it('is the share of each class, one at least and never all', () => {
    const { learned, tested } = heldOut(set, { held_out: 0.2, seed: 1 });
    const counts = [0, 1, 2].map((label) => [...tested].filter((index) => labels[index] === label).length);
    expect(counts).toEqual([2, 1, 0]);
    expect([...learned, ...tested].sort((a, b) => a - b)).toEqual(labels.map((_, index) => index));
    expect(heldOut(set, { held_out: 0, seed: 1 }).tested).toHaveLength(0);
  });

  it('is drawn by the seed, the same for whoever asks', async () => {
    const settings = resolveSettings({ set: { ...FINE_TUNING, held_out: 0.5, seed: 3 } }).settings;
    const dataset = await openDataset(data);
    const learned = await learnedImages(dataset, settings);
    expect(learned).toEqual(heldOut(dataset, settings).learned);
    expect(learned).not.toEqual(heldOut(dataset, { ...settings, seed: 4 }).learned);
    const { fingerprint, path } = dataset;
    const { images } = await new CropPreviews().batchImages({
      ...{ data: path, fingerprint, seed: 3, epoch: 1, iteration: 0, batchSize: 12 },
      fineTuning: { seed: 3, held_out: 0.5, finetune_labels: '' },
    });
    expect(images.map(({ index }) => index).sort((a, b) => a - b)).toEqual([...learned]);
  });
});

it('is resumed from the weights that it was started from, and from no others', async () => {
  const { run } = await finetuned('started', {}, { maxSteps: 1 });
  await requireStartedFrom(run, untrained);
  // Nothing can be said of weights that are gone.
  await requireStartedFrom(run, join(root, 'gone'));
  const other = join(root, 'start', 'checkpoints', '00000001');
  await expect(requireStartedFrom(run, other)).rejects.toThrow(
    `The run ${run} was started from ${untrained}, and ${other} has other weights: they can only start a new run.`,
  );
});
