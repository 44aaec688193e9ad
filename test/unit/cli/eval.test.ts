/** CONTRIBUTING's "Add an evaluation", with one that does not exist. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { evalCommand } from '../../../src/cli/eval.js';
import { evaluationOf } from '../../../src/evaluation/evaluation.js';
import { EVALUATIONS } from '../../../src/evaluation/evaluations/index.js';
import { labeledFeatures } from '../../../src/evaluation/labeledFeatures.js';
import { labeledInputs, openLabeledSets } from '../../../src/evaluation/labeledSets.js';
import { wholeNumber } from '../../../src/evaluation/options.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

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

async function labeledFolder(): Promise<string> {
  const folder = temporaryFolder();
  for (const [label, background] of [
    ['blue', '#00f'],
    ['red', '#f00'],
  ] as const) {
    mkdirSync(join(folder, label));
    const image = sharp({ create: { width: 32, height: 32, channels: 3, background } });
    for (const name of ['1.png', '2.png'])
      await image
        .clone()
        .png()
        .toFile(join(folder, label, name));
  }
  return folder;
}

async function evaluate(...args: string[]): Promise<Record<string, unknown>> {
  const data = await labeledFolder();
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const log = vi.spyOn(console, 'log').mockImplementation((text) => written.push(`${text}\n`));
  try {
    const common = ['--checkpoint', TEACHER, '--heads', '2', '--train', data, '--test', data, '--engine', 'onnx'];
    await evalCommand([...EVALUATIONS, labelSum]).parseAsync([...args, ...common, '--json'], { from: 'user' });
  } finally {
    spy.mockRestore();
    log.mockRestore();
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
