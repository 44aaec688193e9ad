/** CONTRIBUTING's "Add an evaluation", with one that does not exist. */
import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { evalCommand } from '../../../src/cli/eval.js';
import { evaluationOf } from '../../../src/evaluation/evaluation.js';
import { EVALUATIONS } from '../../../src/evaluation/evaluations/index.js';
import { labeledFeatures } from '../../../src/evaluation/labeledFeatures.js';
import { labeledInputs, openLabeledSets } from '../../../src/evaluation/labeledSets.js';
import { wholeNumber } from '../../../src/evaluation/options.js';
import { readEvaluation } from '../../../src/runs/evaluations.js';
import * as networks from '../../../src/runs/network.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

vi.mock(import('../../../src/runs/network.js'), { spy: true });

const TEACHER = join(import.meta.dirname, '../../reference/tiny-vit/teacher_final.safetensors');

/** Sums the labels of the test images, times a factor. */
const labelSum = evaluationOf({
  name: 'label-sum',
  title: 'The sum',
  description: 'adds labels',
  version: 1,
  inputs: labeledInputs.required({ test: true }),
  options: z.object({ factor: wholeNumber('what the sum is multiplied by').default(1) }),
  result: z.object({ sum: z.number(), dim: z.int() }),
  suggest: () => 'nobody needs it',
  open: (inputs, reading) => openLabeledSets(inputs, reading, 'The sum'),
  async run(sets, { factor }, by) {
    const { train, test } = await labeledFeatures(sets, by);
    const sum = (test?.labels ?? new Int32Array()).reduce((sum, label) => sum + label, 0) * factor;
    return {
      images: { train: train.features.rows, test: test?.features.rows ?? 0 },
      result: { sum, dim: train.features.dim },
    };
  },
  summary: ({ sum }) => [{ metric: 'knn_top1', value: sum }],
  lines: ({ sum }) => [`sum ${sum}`],
});

async function labeledFolder(each = 2): Promise<string> {
  const folder = temporaryFolder();
  for (const [label, background] of [
    ['blue', '#00f'],
    ['red', '#f00'],
  ] as const) {
    mkdirSync(join(folder, label));
    const image = sharp({ create: { width: 32, height: 32, channels: 3, background } });
    for (const name of Array.from({ length: each }, (_, i) => `${i + 1}.png`))
      await image
        .clone()
        .png()
        .toFile(join(folder, label, name));
  }
  return folder;
}

async function evaluate(...args: string[]): Promise<Record<string, unknown>> {
  const data = await labeledFolder();
  return evaluateOn(data, [...args, '--test', data]);
}

async function evaluateOn(data: string, args: readonly string[]): Promise<Record<string, unknown>> {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const log = vi.spyOn(console, 'log').mockImplementation((text) => written.push(`${text}\n`));
  vi.stubEnv('DINO_STORAGE', temporaryFolder());
  try {
    const common = ['--checkpoint', TEACHER, '--heads', '2', '--train', data, '--engine', 'onnx'];
    await evalCommand([...EVALUATIONS, labelSum]).parseAsync([...args, ...common, '--json'], { from: 'user' });
  } finally {
    spy.mockRestore();
    log.mockRestore();
    vi.unstubAllEnvs();
  }
  return JSON.parse(written.join('').trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

it('An evaluation that nobody knew is a command of its own, with its own option', async () => {
  const result = await evaluate('label-sum', '--factor', '3');
  expect(result).toMatchObject({ train: 4, test: 4, 'label-sum': { sum: 6, dim: 48 } });
  expect(result).not.toHaveProperty('knn');
});

it('k-NN stays what it was', async () => {
  expect(await evaluate('knn', '--k', '1,2')).toMatchObject({ knn: { 1: { top1: 100 }, 2: { top1: 100 } } });
});

it('test images of a class that nothing was learned of count as wrong, and that is said', async () => {
  const test = await labeledFolder();
  renameSync(join(test, 'red'), join(test, 'rose'));
  const result = await evaluateOn(await labeledFolder(), ['knn', '--test', test, '--k', '1']);
  expect(result).toMatchObject({ knn: { 1: { top1: 50 } } });
  expect(result['notes']).toContainEqual(
    '2 of 4 test images are of classes that no training image has (rose): they count as wrong.',
  );
});

it('k-NN without test images tests each image by the others', async () => {
  const result = await evaluateOn(await labeledFolder(), ['knn', '--k', '1']);
  expect(result).toMatchObject({ train: 4, knn: { leaveOneOut: true, classes: [{ images: 2 }, { images: 2 }] } });
  expect(result['summary']).toMatchObject({ knn_top1: 100 });
});

it('the linear probe learns classes that differ, and is written as JSON and as CSV', async () => {
  const data = await labeledFolder(4);
  const out = join(temporaryFolder(), 'linear.json');
  const flags = ['--epochs', '3', '--blocks', '1', '--avgpool', '--out', out];
  const result = await evaluateOn(data, ['linear', '--test', data, ...flags]);
  expect(result['linear']).toMatchObject({
    setAside: false,
    vectors: { blocks: 1, avgpool: true, dim: 96 },
    top5: null,
  });
  expect(readEvaluation(out)).toMatchObject({ evaluation: 'linear', data: { train: { images: 8 } } });
  const csv = out.replace('.json', '.csv');
  await evaluateOn(data, ['linear', '--epochs', '1', '--out', csv]);
  expect(readFileSync(csv, 'utf8')).toMatch(/^checkpoint,.*\n.*,linear,linear_top1,[\d.]+,% top-1,/);
});

describe('dino eval', () => {
  const failing = evaluationOf({
    name: 'failing',
    title: 'The failure',
    description: 'fails',
    version: 1,
    inputs: labeledInputs,
    options: z.object({}),
    result: z.object({}),
    suggest: ({ path }) => ({ train: path }),
    open: (inputs, reading) => openLabeledSets(inputs, reading, 'The failure'),
    run: () => Promise.reject(new Error('it had to fail.')),
    summary: () => [],
    lines: () => [],
  });

  it('names the evaluations that there are, for one that it does not know', async () => {
    const said: string[] = [];
    const command = evalCommand([labelSum])
      .exitOverride()
      .configureOutput({ writeErr: (text) => said.push(text) });
    await expect(command.parseAsync(['foo', '--checkpoint', TEACHER], { from: 'user' })).rejects.toThrow(
      "there is no evaluation 'foo'; there are label-sum, all",
    );
  });

  it('all loads the network once, and fails when one evaluation does, with the results of the others', async () => {
    const loads = vi.mocked(networks.loadNetwork).mockClear();
    const data = await labeledFolder(12);
    const written: string[] = [];
    const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    const err = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    try {
      const knn = EVALUATIONS.filter(({ name }) => name === 'knn');
      await expect(
        evalCommand([...knn, failing, ...knn.map((one) => ({ ...one, name: 'knn-again' }))]).parseAsync(
          ['all', '--checkpoint', TEACHER, '--heads', '2', '--data', data, '--engine', 'onnx', '--json'],
          { from: 'user' },
        ),
      ).rejects.toThrow('1 of 3 evaluations failed: failing: it had to fail.');
    } finally {
      out.mockRestore();
      err.mockRestore();
    }
    expect(loads).toHaveBeenCalledTimes(1);
    expect(JSON.parse(written.join('').trim())).toMatchObject({
      summary: { knn_top1: expect.any(Number) },
      failed: ['failing: it had to fail.'],
    });
  });
});

describe('what cannot be evaluated is refused in one sentence', () => {
  it('one class only', async () => {
    const folder = temporaryFolder();
    const data = await labeledFolder();
    cpSync(join(data, 'red'), join(folder, 'red'), { recursive: true });
    writeFileSync(join(folder, 'labels.csv'), 'name,class\n1.png,red\n2.png,red\n');
    await expect(
      evaluateOn(join(folder, 'red'), ['linear', '--train-labels', join(folder, 'labels.csv')]),
    ).rejects.toThrow(/The linear probe needs at least two classes, but all images of .* are “red”\./);
  });

  it('one class only, by k-NN too', async () => {
    const folder = temporaryFolder();
    cpSync(join(await labeledFolder(), 'red'), join(folder, 'red'), { recursive: true });
    await expect(evaluateOn(folder, ['knn', '--k', '1'])).rejects.toThrow(/k-NN needs at least two classes/);
  });

  it('test images that share no class with the training images', async () => {
    const test = await labeledFolder();
    renameSync(join(test, 'red'), join(test, 'rose'));
    renameSync(join(test, 'blue'), join(test, 'sky'));
    await expect(evaluateOn(await labeledFolder(), ['knn', '--test', test, '--k', '1'])).rejects.toThrow(
      /the test images of .* share no class with the training images/,
    );
  });

  it('a file in a folder that is not there, before anything is computed', async () => {
    const out = join(temporaryFolder(), 'absent', 'result.json');
    await expect(evaluateOn(await labeledFolder(), ['knn', '--k', '1', '--out', out])).rejects.toThrow(
      /cannot be written to .*: there is no folder .*absent\.$/,
    );
  });

  it('labels missing for some, and a table that names an image twice with two classes', async () => {
    const data = await labeledFolder();
    const table = (text: string) => {
      const file = join(temporaryFolder(), 'labels.csv');
      writeFileSync(file, text);
      return ['knn', '--train-labels', file];
    };
    await expect(evaluateOn(data, table('name,class\nblue/1.png,a\nblue/2.png,b\nred/1.png,a\n'))).rejects.toThrow(
      /k-NN needs a class for each image of .* \(red\/2\.png has none\)/,
    );
    const twice = 'name,class\nblue/1.png,a\nblue/1.png,b\nblue/2.png,b\nred/1.png,a\nred/2.png,a\n';
    await expect(evaluateOn(data, table(twice))).rejects.toThrow(
      /labels\.csv says different classes of blue\/1\.png: leave one line for each image\./,
    );
  });

  it('an empty test set, and more neighbors than there are images', async () => {
    const data = await labeledFolder();
    await expect(evaluateOn(data, ['knn', '--test', temporaryFolder()])).rejects.toThrow(/has no images/);
    await expect(evaluateOn(data, ['knn', '--test', data, '--k', '5'])).rejects.toThrow(
      'k-NN needs k to be a whole number from 1 to 4, the number of training images; got 5',
    );
    await expect(evaluateOn(data, ['knn', '--k', '4'])).rejects.toThrow(
      'from 1 to 3, the number of other images; got 4',
    );
  });
});
