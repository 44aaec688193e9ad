/**
 * Checkpoints that the libraries' own code has saved (scripts/weights/make.py), beside what those libraries computed from them: whose they
 * are, which network is taken, what is told of it, and its features.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completed } from '../../../src/runs/completed.js';
import { readNetwork } from '../../../src/weights/readNetwork.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';
import { ours } from '../exports/networks.js';
import recorded from './libraries/expected.json' with { type: 'json' };

interface Model {
  readonly files: readonly string[];
  readonly library: string;
  /** The network that is taken, by its name. */
  readonly network?: string;
  /** The one that a person asks for. */
  readonly asked?: string;
  /** Whether the file, or what stands beside it, tells the number of heads. */
  /** Whether there is a DINO head beside the backbone. */
  readonly head?: boolean;
  readonly family: string;
  readonly dim?: number;
  readonly depth?: number;
  readonly heads?: number;
  readonly eps?: number;
  readonly patch?: number;
  readonly image?: number;
  readonly registers?: number;
  readonly position_has_cls?: boolean;
  readonly block?: string;
  readonly width?: number;
}

const FOLDER = join(import.meta.dirname, 'libraries');
const MODELS: Readonly<Record<string, Model>> = recorded.models as never;
const INPUTS = readSafetensors(join(FOLDER, 'inputs.safetensors'));
const OUTPUTS = readSafetensors(join(FOLDER, 'outputs.safetensors'));
/** Relative norms, as of the reference of weights. */
const LIMIT = 2e-5;

const NAMES = { cls: 'features', features: 'features', patches: 'patch_tokens' } as const;

function relativeNorm(one: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(one.length).toBe(wanted.length);
  const norm = (value: (i: number) => number) =>
    Math.sqrt(Array.from(wanted, (_, i) => value(i) ** 2).reduce((sum, square) => sum + square, 0));
  return norm((i) => (one[i] as number) - (wanted[i] as number)) / norm((i) => wanted[i] as number);
}

const shapeOf = (model: Model) =>
  model.family === 'resnet'
    ? { kind: 'resnet', block: model.block, width: model.width, layers: [1, 1, 1, 1] }
    : {
        kind: 'vit',
        embedDim: model.dim,
        depth: model.depth,
        normEps: model.eps,
        patchSize: model.patch,
        imageSize: model.image,
        registers: model.registers ?? 0,
        positions: { ofCls: model.position_has_cls ?? true },
      };

describe.each(Object.entries(MODELS))('what %s has saved', (name, model) => {
  const path = join(FOLDER, model.files[0] ?? '');
  const open = () => readNetwork(path, model.asked === undefined ? {} : { network: model.asked });

  it('is of its library, and the network is the one that the rule says', async () => {
    const read = await open();
    expect(read.library).toBe(model.library);
    expect(read.network).toBe(model.network);
    expect(read.shape).toMatchObject(shapeOf(model));
    expect(read.head !== undefined).toBe(model.head ?? false);
    expect(read.numHeads).toBeUndefined();
  });

  it.each(outputsOf(name))('computes %s', async (output) => {
    const { parameters, shape } = await open();
    const { backbone } = completed(path, shape, { numHeads: model.heads });
    const [size = '', kind = ''] = output.slice(name.length + 1).split('.');
    const images = INPUTS[`image_${size}`];
    if (images === undefined) throw new Error(`There are no images ${size}.`);
    const found = (await ours({ parameters, backbone }, images))[NAMES[kind as keyof typeof NAMES]];
    const difference = relativeNorm(found?.data ?? [], OUTPUTS[output]?.data ?? []);
    if (process.env['VERBOSE']) console.log(`${output}: ${difference.toExponential(1)}`);
    expect(difference).toBeLessThan(LIMIT);
  });
});

/** `{model}.{images}.{kind}`; a model's name has dots, too. */
function outputsOf(name: string): string[] {
  return Object.keys(OUTPUTS).filter((output) => output.split('.').slice(0, -2).join('.') === name);
}

it.each(recorded.refused)('$file is refused by what it has that is not computed here', async ({ file, says }) => {
  await expect(readNetwork(join(FOLDER, file))).rejects.toThrow(says);
});
