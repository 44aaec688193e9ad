import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.js';
import { temporaryFolder } from '../unit/runs/temporaryFolder.js';
import { type Difference, isWithin } from './difference.js';
import { findReferences, readReference } from './references.js';

let dir: string;
beforeEach(() => {
  dir = join(temporaryFolder(), 'folder');
  cpSync('test/reference/drop-path', dir, { recursive: true });
});

interface Expected {
  readonly config: Record<string, unknown>;
  readonly steps: Record<string, unknown>[];
  readonly schedules: Record<string, number[]>;
  readonly knn: Record<string, { top1: number; top5: number }>;
}

function change(edit: (expected: Expected) => void): void {
  const file = join(dir, 'expected.json');
  const expected = JSON.parse(readFileSync(file, 'utf8')) as Expected;
  edit(expected);
  writeFileSync(file, JSON.stringify(expected));
}

/** Writes a file of tensors again, without one of them or with it in another shape. */
async function changeTensor(file: string, name: string, shape?: readonly number[]): Promise<void> {
  const path = join(dir, `${file}.safetensors`);
  const { [name]: tensor, ...others } = readSafetensors(path);
  if (tensor === undefined) throw new Error(`There is no ${name}.`);
  await writeSafetensors(path, shape === undefined ? others : { ...others, [name]: { ...tensor, shape } });
}

const KNOWN =
  'known kinds of reference: training (an expected.json with config, steps, schedules and knn), optimizers (an expected.json with config and variants), resnet (an expected.json with config, and bottleneck or basic), dinov2-vit (an expected.json with cases, each with embed_dim and num_heads) and weights (an expected.json with models and position_rules).';

describe('a folder that cannot be replayed is refused in a sentence', () => {
  it('without its expected.json', () => {
    rmSync(join(dir, 'expected.json'));
    expect(() => readReference(dir)).toThrow(`${dir}/expected.json cannot be read: it does not exist; ${KNOWN}`);
  });

  it('of a kind that is not known', () => {
    writeFileSync(join(dir, 'expected.json'), '{"runs": [], "noise": 0}');
    expect(() => readReference(dir)).toThrow(`${dir}/expected.json holds runs and noise; ${KNOWN}`);
    writeFileSync(join(dir, 'expected.json'), '[]');
    expect(() => readReference(dir)).toThrow(`${dir}/expected.json holds no keys; ${KNOWN}`);
    writeFileSync(join(dir, 'expected.json'), '{');
    expect(() => readReference(dir)).toThrow(`${dir}/expected.json is not JSON; ${KNOWN}`);
  });

  it.each<[string, (expected: Expected) => void, string]>([
    ['a key is missing', ({ config }) => delete config['heads'], 'is wrong at config.heads: '],
    ['a key is missing in a step', ({ steps }) => delete steps[2]?.['lr'], 'is wrong at steps.2.lr: '],
    [
      'the heads do not divide the width',
      ({ config }) => (config['heads'] = 5),
      'is wrong at config.heads: the width 32',
    ],
    [
      'the clipping changes',
      ({ steps }) => Object.assign(steps[1] ?? {}, { clip_grad: 3 }),
      'is wrong at steps: clip_grad changes between steps.',
    ],
    ['k is too large', ({ knn }) => (knn['401'] = { top1: 1, top5: 1 }), 'is wrong at knn.401: there are only 400'],
  ])('where %s', (_, edit, sentence) => {
    change(edit);
    expect(() => readReference(dir)).toThrow(`${dir}/expected.json ${sentence}`);
  });

  it('without one of its files', () => {
    rmSync(join(dir, 'teacher_final.safetensors'));
    expect(() => readReference(dir)).toThrow(`${dir}/teacher_final.safetensors cannot be read: it does not exist.`);
  });

  it.each([
    ['inputs', 'step1_crop3'],
    ['inputs', 'step2_drop_path'],
    ['outputs', 'attention_wide'],
    ['outputs', 'grad_step0.backbone.norm.bias'],
    ['student_initial', 'head.mlp.0.bias'],
  ])('without a tensor: %s, %s', async (file, name) => {
    await changeTensor(file, name);
    expect(() => readReference(dir)).toThrow(`${dir}/${file}.safetensors has no tensor ${name}.`);
  });

  it('with a tensor of another shape', async () => {
    await changeTensor('inputs', 'step1_crop3', [5, 3, 8, 32]);
    expect(() => readReference(dir)).toThrow(
      `${dir}/inputs.safetensors: step1_crop3 has the shape [5, 3, 8, 32], but [5, 3, 16, 16] is needed.`,
    );
  });

  const replayed = async () => {
    const all: Difference[] = [];
    for await (const difference of readReference(dir).withoutEngine()) all.push(difference);
    return all;
  };

  it('where a schedule or a percentage is none', async () => {
    change(({ knn }) => (knn['10'] = { top1: 78.1, top5: 98 }));
    await expect(replayed()).rejects.toThrow(
      `${dir}/expected.json is wrong at knn.10.top1: 78.1 % is no whole number of the 150 test images.`,
    );
    change(({ schedules }) => (schedules['linear(1,2)'] = [1]));
    await expect(replayed()).rejects.toThrow('is wrong at schedules.linear(1,2): ');
  });
});

describe('k-NN', () => {
  const knn = async (top1: number) => {
    change(({ knn }) => Object.assign(knn['20'] ?? {}, { top1 }));
    for await (const difference of readReference(dir).withoutEngine())
      if (difference.quantity === 'k-NN 20 top-1') return difference;
    throw new Error('It was not compared.');
  };

  it('is compared as numbers of images, however their percentage was rounded', async () => {
    for (const top1 of [79.33332, 79.33333, 79.33333587646484]) expect(isWithin(await knn(top1))).toBe(true);
    const other = await knn(80);
    expect(isWithin(other)).toBe(false);
    expect(other.words).toBe('119 of 150 test images, the original 120');
  });
});

it('folders of another kind are left alone, and named', () => {
  const root = temporaryFolder();
  cpSync(dir, join(root, 'b'), { recursive: true });
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'a', 'expected.json'), '{"models": {}}');
  mkdirSync(join(root, 'c'));
  expect(findReferences(root)).toEqual({
    folders: [join(root, 'b')],
    others: [`${join(root, 'a')}/expected.json holds models; ${KNOWN}`],
  });
});
