/** Folders of the form of `linear`: linear classifiers on given features, and on vectors of a ViT. */

import { join } from 'node:path';
import { z } from 'zod';
import type { Engine } from '../../../../src/engines/engine.js';
import { vectorsOf } from '../../../../src/evaluation/frozenVectors.js';
import { type LabeledVectors, LinearProbes, rateOfEpoch, scaledRate } from '../../../../src/evaluation/linearProbe.js';
import { type BackboneSpec, backboneOf } from '../../../../src/method/backbones/index.js';
import { vitOfDino } from '../../../../src/method/backbones/vit/lineages.js';
import { probesOf } from '../../../../src/method/linearProbe.js';
import { prefixed } from '../../../../src/program/lookup.js';
import type { HostTensor, NamedHostTensors } from '../../../../src/program/program.js';
import { type Difference, exact, relative } from '../../difference.js';
import type { Kind } from '../../kind.js';
import { outputOf } from '../../steps.js';
import { TensorFile } from '../../tensorFile.js';

/** As the folder's README has them, for a float32 engine. */
const LIMITS = { vectors: 2e-5, weights: 1e-5, loss: 1e-5, rate: 1e-12, accuracy: 1e-4 };

const count = z.int().min(1);
const runSchema = z.object({
  n_last_blocks: count,
  avgpool_patchtokens: z.boolean(),
  num_labels: count,
  epochs: z
    .array(
      z.object({
        epoch: z.int().min(0),
        lr: z.number(),
        train_loss: z.number(),
        test_loss: z.number(),
        test_acc1: z.number(),
        test_acc5: z.number().optional(),
      }),
    )
    .min(1),
  best_acc1: z.number(),
});
const configSchema = z.object({
  batch: count,
  epochs: count,
  lr: z.number(),
  vit: z.object({ dim: count, depth: count, heads: count, patch: count, img: count }),
});

type Run = z.output<typeof runSchema> & { readonly name: string };

interface Folder {
  readonly config: z.output<typeof configSchema>;
  readonly backbone: BackboneSpec;
  readonly runs: readonly Run[];
  readonly inputs: TensorFile;
  readonly outputs: TensorFile;
  readonly vit: TensorFile;
}

const isRun = (value: unknown): boolean => runSchema.safeParse(value).success;

export const linear: Kind = {
  name: 'linear probe',
  tellBy: 'an expected.json with config and runs that have n_last_blocks',
  recognizes: (json) => Object.hasOwn(json, 'config') && Object.values(json).some(isRun),
  read: (dir, file, json) => {
    const folder = readFolder(dir, file, json);
    const { outputs, runs } = folder;
    return {
      leftOut: Object.keys(outputs.tensors).filter((name) => !/_(?:(?:weight|bias)_epoch\d+|test_vectors)$/.test(name)),
      precisions: ['float32'],
      withoutEngine: () => withoutEngine(folder),
      on: (engine) => replay(engine, folder),
      count: () => ({
        withoutEngine: 1 + runs.reduce((sum, { epochs }) => sum + epochs.length, 0),
        on: runs.reduce((sum, run) => sum + countOf(run), 0),
      }),
    };
  },
};

function readFolder(dir: string, file: string, json: unknown): Folder {
  const parsed = z.object({ config: configSchema }).loose().safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${file} is wrong at ${issue?.path.join('.')}: ${issue?.message}.`);
  }
  const { config, ...others } = parsed.data;
  const runs = Object.entries(others).flatMap(([name, value]): Run[] => {
    const run = runSchema.safeParse(value).data;
    return run === undefined ? [] : [{ ...run, name }];
  });
  const tensors = (name: string) => new TensorFile(join(dir, `${name}.safetensors`));
  const { dim, depth, heads, patch, img } = config.vit;
  const inputs = tensors('inputs');
  const inChans = inputs.get('vit_test_images').shape[1] ?? 0;
  const sizes = { patchSize: patch, inChans, imageSize: img, embedDim: dim, depth, numHeads: heads };
  const backbone: BackboneSpec = { kind: 'vit', ...vitOfDino(sizes) };
  const vit = tensors('vit');
  vit.require(backboneOf(backbone).parameters);
  return { config, backbone, runs, inputs, outputs: tensors('outputs'), vit };
}

function* withoutEngine({ config, backbone, runs }: Folder): Generator<Difference> {
  yield exact('pooling with several blocks is refused', isRefused(backbone));
  for (const { name, epochs } of runs)
    for (const { epoch, lr } of epochs)
      yield {
        quantity: `learning rate of epoch ${epoch}, ${name}`,
        measure: 'absolute',
        limit: LIMITS.rate,
        value: Math.abs(rateOfEpoch(scaledRate(config.lr, config.batch), epoch, config.epochs) - lr),
      };
}

function isRefused(backbone: BackboneSpec): boolean {
  try {
    vectorsOf(backbone, { blocks: 2, avgpool: true });
    return false;
  } catch {
    return true;
  }
}

async function* replay(engine: Engine, folder: Folder): AsyncGenerator<Difference> {
  for (const run of folder.runs) yield* ofRun(engine, run, folder);
}

async function* ofRun(engine: Engine, run: Run, folder: Folder): AsyncGenerator<Difference> {
  const { config, inputs, outputs } = folder;
  const { name, num_labels: classes } = run;
  const isVit = name.startsWith('vit_');
  const prefix = isVit ? 'vit_' : '';
  const labelsOf = (set: string) =>
    Int32Array.from(inputs.get(`${prefix}${set}_labels`).data, (label) => label % classes);
  const vectors = isVit ? await vitVectors(engine, run, folder) : givenVectors(inputs);
  if (isVit) yield relative(`vectors, ${name}`, vectors.test, outputs.get(`${name}_test_vectors`), LIMITS.vectors);
  const train = labeled(vectors.train, labelsOf('train'));
  const test = labeled(vectors.test, labelsOf('test'));
  const shape = { probes: 1, classes, dim: train.vectors.dim, batch: config.batch };
  const initial = (part: string) => Float32Array.from(inputs.get(`${name}_${part}_initial`).data);
  const probe = await LinearProbes.create(engine, shape, probesOf(shape, initial('weight'), initial('bias')));
  const order = inputs.get(`${prefix}order`);
  const perEpoch = order.shape[1] ?? 0;
  let best = 0;
  for (const wanted of run.epochs) {
    const { epoch } = wanted;
    const of = `epoch ${epoch}, ${name}`;
    const rate = rateOfEpoch(scaledRate(config.lr, config.batch), epoch, config.epochs);
    const visited = Int32Array.from(order.data.subarray(epoch * perEpoch, (epoch + 1) * perEpoch));
    const [loss = Number.NaN] = await probe.epoch(train, [rate], visited);
    yield ofNumber(`training loss, ${of}`, loss, wanted.train_loss, LIMITS.loss * wanted.train_loss);
    const state = await probe.state();
    for (const part of ['weight', 'bias'])
      yield relative(
        `${part}, ${of}`,
        outputOf(state, part),
        outputs.get(`${name}_${part}_epoch${epoch}`),
        LIMITS.weights,
      );
    const tested = await probe.test(test);
    const [testLoss = Number.NaN, top1 = Number.NaN, top5 = Number.NaN] = [
      tested.loss[0],
      tested.top1[0],
      tested.top5[0],
    ];
    best = Math.max(best, top1);
    yield ofNumber(`test loss, ${of}`, testLoss, wanted.test_loss, LIMITS.loss * wanted.test_loss);
    yield ofNumber(`accuracy, top-1, ${of}`, top1, wanted.test_acc1, LIMITS.accuracy);
    if (wanted.test_acc5 !== undefined)
      yield ofNumber(`accuracy, top-5, ${of}`, top5, wanted.test_acc5, LIMITS.accuracy);
  }
  yield ofNumber(`accuracy, best of all epochs, ${name}`, best, run.best_acc1, LIMITS.accuracy);
  await probe.dispose();
}

const ofNumber = (quantity: string, ours: number, wanted: number, limit: number): Difference => ({
  quantity,
  measure: 'absolute',
  limit,
  value: Math.abs(ours - wanted),
});

interface Vectors {
  readonly train: HostTensor;
  readonly test: HostTensor;
}

const givenVectors = (inputs: TensorFile): Vectors => ({
  train: inputs.get('train_features'),
  test: inputs.get('test_features'),
});

async function vitVectors(engine: Engine, run: Run, { backbone, inputs, vit }: Folder): Promise<Vectors> {
  const { n_last_blocks: blocks, avgpool_patchtokens: avgpool } = run;
  const { program, output } = vectorsOf(backbone, { blocks, avgpool });
  const weights: NamedHostTensors = prefixed('backbone.', vit.tensors);
  const of = async (set: string): Promise<HostTensor> => {
    const images = inputs.get(`vit_${set}_images`);
    const [batch = 0, , height = 0, width = 0] = images.shape;
    const session = await engine.compile(program({ batch, height, width }), weights);
    const vectors = outputOf(await session.call({ images }), output);
    await session.dispose();
    return vectors;
  };
  return { train: await of('train'), test: await of('test') };
}

function labeled({ shape: [rows = 0, dim = 0], data }: HostTensor, labels: Int32Array): LabeledVectors {
  if (!(data instanceof Float32Array)) throw new Error('vectors must be float32');
  return { vectors: { rows, dim, data }, labels };
}

function countOf({ name, epochs }: Run): number {
  const ofEpochs = epochs.map(({ test_acc5 }) => (test_acc5 === undefined ? 5 : 6));
  return (name.startsWith('vit_') ? 1 : 0) + ofEpochs.reduce((sum, value) => sum + value, 0) + 1;
}
