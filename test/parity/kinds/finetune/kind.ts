/** Folders of the form of `finetune`: a ViT with a linear classifier behind it, trained on labels by PyTorch with a rate for each layer. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Engine } from '../../../../src/engines/engine.js';
import { vitOfDino } from '../../../../src/method/backbones/vit/lineages.js';
import { classifier, type FinetuneSpec, finetune as method } from '../../../../src/method/methods/finetune.js';
import { adamw } from '../../../../src/method/optimizers/adamw.js';
import { layerDecayGroups } from '../../../../src/method/optimizers/layerDecay.js';
import { stepProgram } from '../../../../src/method/step.js';
import { stepInputs } from '../../../../src/method/stepInputs.js';
import { type HostTensor, type NamedHostTensors, sizeOf } from '../../../../src/program/program.js';
import { type Difference, exact, moved, relative } from '../../difference.js';
import { parseExpected, unknownKeys } from '../../expected.js';
import type { Kind } from '../../kind.js';
import { outputOf, reproducible } from '../../steps.js';
import { TensorFile } from '../../tensorFile.js';
import { LIMITS } from './limits.js';

const count = z.int().min(1);
const expectedSchema = z.object({
  config: z.object({
    ...{ dim: count, depth: count, heads: count, patch: count, img: count, batch: count, labels: count },
    ...{ smoothing: z.number(), layer_decay: z.number(), drop_path: z.number() },
  }),
  finetune: z
    .array(
      z.object({
        ...{ lr: z.number(), weight_decay: z.number() },
        ...{ loss: z.number(), grad_norm: z.number(), train_top1: z.number(), labels: z.array(z.int()) },
      }),
    )
    .min(1),
  /** Of each parameter: what its learning rate is multiplied by, and whether it is decayed. */
  groups: z.record(z.string(), z.object({ scale: z.number(), decayed: z.boolean() })),
});

interface Folder extends z.output<typeof expectedSchema> {
  readonly spec: FinetuneSpec;
  readonly inputs: TensorFile;
  readonly outputs: TensorFile;
  readonly initial: TensorFile;
  readonly final: TensorFile;
}

export const finetune: Kind = {
  name: 'finetune',
  tellBy: 'an expected.json with finetune and groups',
  recognizes: (json) => ['config', 'finetune', 'groups'].every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const folder = readFolder(dir, file, json);
    const parameters = Object.keys(folder.groups).length;
    return {
      leftOut: unknownKeys(json, ['finetune', 'groups']),
      precisions: ['float32'],
      withoutEngine: () => groups(folder),
      on: (engine) => replay(engine, folder),
      count: () => ({ withoutEngine: parameters, on: 3 * folder.finetune.length + 2 * parameters }),
    };
  },
};

function readFolder(dir: string, file: string, json: unknown): Folder {
  const expected = parseExpected(expectedSchema, file, json);
  const { dim, depth, heads, patch, img, labels, smoothing, layer_decay, drop_path } = expected.config;
  const tensors = (name: string) => new TensorFile(join(dir, `${name}.safetensors`));
  const sizes = { patchSize: patch, inChans: 3, imageSize: img, embedDim: dim, depth, numHeads: heads };
  const spec: FinetuneSpec = {
    backbone: { kind: 'vit', ...vitOfDino(sizes) },
    ...{ labels, smoothing, layerDecay: layer_decay, dropPath: drop_path > 0 },
  };
  const [initial, final] = [tensors('initial'), tensors('final')];
  for (const weights of [initial, final]) weights.require(classifier(spec).parameters);
  return { ...expected, spec, initial, final, inputs: tensors('inputs'), outputs: tensors('outputs') };
}

/** The learning rate and the decay of each parameter. */
function* groups({ spec, groups }: Folder): Generator<Difference> {
  const network = classifier(spec);
  const ours = layerDecayGroups(network.backbone, spec.layerDecay);
  for (const [name, tensor] of Object.entries(network.parameters)) {
    const { lrScale, isDecayed } = ours.of(name, tensor);
    const wanted = groups[name];
    const isSame = isDecayed === wanted?.decayed && Math.abs(lrScale - wanted.scale) < 1e-12;
    yield exact(`rate of ${name}`, isSame, isSame ? undefined : `${lrScale}, ${isDecayed}`);
  }
}

async function* replay(engine: Engine, folder: Folder): AsyncGenerator<Difference> {
  const { config, finetune: steps, spec, inputs, outputs, initial, final } = folder;
  const made = method(spec);
  const program = stepProgram(made, adamw, { batchSize: config.batch, calls: 1, clipGrad: 0, gradients: true });
  const start = Object.entries(program.state).map(([name, { shape }]): [string, HostTensor] => {
    const parameter = /^classifier\.(.*)$/.exec(name)?.[1];
    return [name, parameter === undefined ? zeros(shape) : initial.get(parameter)];
  });
  const session = await engine.compile(program, Object.fromEntries(start));
  for (const [index, step] of steps.entries()) {
    const scalars = { lr: step.lr, weightDecay: step.weight_decay, teacherMomentum: 1, ofMethod: {} };
    const counted = { lastLayerFrozen: false, optimizerSteps: { main: index, lastLayer: index } };
    const given = {
      images: inputs.get(`step${index}_images`),
      targets: oneHot(step.labels, config.labels),
      ...(spec.dropPath && { drop_path: inputs.get(`step${index}_drop_path`) }),
      ...stepInputs(adamw, { ...scalars, ...counted }, undefined, made.parameterGroups),
    };
    const results = await session.call(given);
    yield number(`loss of step ${index}`, results, 'loss', step.loss, index === 0 ? LIMITS.firstLoss : LIMITS.loss);
    yield number(`gradient norm of step ${index}`, results, 'grad_norm', step.grad_norm, LIMITS.gradient);
    yield number(`accuracy of step ${index}`, results, 'train_top1', step.train_top1, LIMITS.firstLoss);
    if (index > 0) continue;
    for (const name of Object.keys(folder.groups)) {
      const [ours, wanted] = [outputOf(results, `gradient.${name}`), outputs.get(`grad_step0.${name}`)];
      yield relative(`gradient ${name}`, reproducible(name, ours), reproducible(name, wanted), LIMITS.gradient);
    }
  }
  const state = await session.readState();
  await session.dispose();
  for (const name of Object.keys(folder.groups)) {
    const [ours, end, begin] = [outputOf(state, `classifier.${name}`), final.get(name), initial.get(name)].map(
      (tensor) => reproducible(name, tensor),
    ) as [HostTensor, HostTensor, HostTensor];
    yield moved(`weights ${name}`, ours, end, begin);
  }
}

function number(quantity: string, results: NamedHostTensors, name: string, wanted: number, limit: number): Difference {
  const ours = outputOf(results, name).data[0] as number;
  return { quantity, limit, measure: 'relative', value: Math.abs(ours - wanted) / (Math.abs(wanted) || 1) };
}

function oneHot(labels: readonly number[], classes: number): HostTensor {
  const data = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    data[row * classes + label] = 1;
  });
  return { shape: [labels.length, classes], dtype: 'float32', data };
}

const zeros = (shape: readonly number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: new Float32Array(sizeOf(shape)),
});
