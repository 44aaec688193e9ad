/** Replays a reference folder (see test/reference/README.md) on an engine and measures how far the results are from it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { attentionMask } from '../../src/attention/attentionMask.js';
import type { Engine, Precision } from '../../src/engines/engine.js';
import { knnAccuracies } from '../../src/evaluation/knn.js';
import { attentionProgram, featuresProgram, layersProgram, logitsProgram } from '../../src/method/features.js';
import { prefixed, vitParameters } from '../../src/method/parameters.js';
import { type HostTensor, type NamedHostTensors, type Program, sizeOf } from '../../src/method/program.js';
import { cosineSchedule } from '../../src/method/schedule.js';
import type { NetworkSpec } from '../../src/method/specification.js';
import { stepInputs, trainedParameters, trainingStep } from '../../src/method/step.js';
import { loadNetwork } from '../../src/runs/network.js';
import { readSafetensors } from '../../src/weights/safetensors.js';

/** `relative`: norm of the difference over the norm; `absolute`: largest element of the difference; `exact`: 0 or 1. */
export interface Difference {
  readonly quantity: string;
  readonly value: number;
  readonly limit: number;
  readonly measure: 'relative' | 'absolute' | 'exact';
}

interface Limits {
  readonly forward: number;
  readonly attention: number;
  readonly gradient: number;
  readonly loss: number;
  readonly weights: number;
}

const SCHEDULE_LIMIT = 1e-12;

const LIMITS: Readonly<Record<Precision, Limits>> = {
  float32: { forward: 2e-5, attention: 1e-5, gradient: 1e-4, loss: 1e-5, weights: 1e-4 },
  // Only a GPU rounds so.
  tf32: { forward: 1e-2, attention: 1e-2, gradient: 1e-2, loss: 1e-2, weights: 1e-2 },
  bfloat16: { forward: 2e-2, attention: 2e-2, gradient: 2e-2, loss: 2e-2, weights: 2e-2 },
};

const expectedSchema = z.object({
  config: z.object({
    dim: z.number(),
    depth: z.number(),
    heads: z.number(),
    patch: z.number(),
    img: z.number(),
    local: z.number(),
    ncrops: z.number(),
    batch: z.number(),
    hidden: z.number(),
    bottleneck: z.number(),
    k: z.number(),
    freeze: z.number(),
  }),
  steps: z.array(
    z.object({
      epoch: z.number(),
      loss: z.number(),
      lr: z.number(),
      weight_decay: z.number(),
      teacher_momentum: z.number(),
      teacher_temp: z.number(),
      clip_grad: z.number(),
      freeze_last_layer: z.number(),
    }),
  ),
  schedules: z.record(z.string(), z.array(z.number())),
  knn: z.record(z.string(), z.object({ top1: z.number(), top5: z.number() })),
});

interface Reference {
  readonly dir: string;
  readonly expected: z.output<typeof expectedSchema>;
  readonly inputs: NamedHostTensors;
  readonly outputs: NamedHostTensors;
  readonly initial: NamedHostTensors;
  readonly network: NetworkSpec;
}

function get(tensors: NamedHostTensors, name: string): HostTensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`The reference has no tensor ${name}.`);
  return tensor;
}

/** Student weights are saved under `module.` by some versions of the original; the names after it are the same. */
const stripped = (tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name.replace(/^module\./, ''), tensor]));

export function readReference(dir: string): Reference {
  const expected = expectedSchema.parse(JSON.parse(readFileSync(join(dir, 'expected.json'), 'utf8')));
  const tensors = (name: string) => stripped(readSafetensors(join(dir, `${name}.safetensors`)));
  const { config } = expected;
  const inputs = tensors('inputs');
  const outputs = tensors('outputs');
  const vit = {
    patchSize: config.patch,
    inChans: get(inputs, 'step0_crop0').shape[1] as number,
    imageSize: config.img,
    embedDim: config.dim,
    depth: config.depth,
    numHeads: config.heads,
  };
  const head = {
    inDim: config.dim,
    hiddenDim: config.hidden,
    bottleneckDim: config.bottleneck,
    outDim: config.k,
    normLastLayer: outputs['grad_step0.head.last_layer.weight_g'] === undefined,
  };
  return { dir, expected, inputs, outputs, initial: tensors('student_initial'), network: { vit, head } };
}

function relative(quantity: string, actual: HostTensor, wanted: HostTensor, limit: number): Difference {
  return { quantity, limit, measure: 'relative', value: relativeDifference(actual, wanted) };
}

function relativeDifference(actual: HostTensor, wanted: HostTensor): number {
  if (actual.data.length !== wanted.data.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  wanted.data.forEach((value, i) => {
    difference += (value - (actual.data[i] as number)) ** 2;
    norm += value ** 2;
  });
  return norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
}

function largest(quantity: string, actual: HostTensor, wanted: HostTensor, limit: number): Difference {
  let value = actual.data.length === wanted.data.length ? 0 : Number.POSITIVE_INFINITY;
  wanted.data.forEach((element, i) => {
    value = Math.max(value, Math.abs(element - (actual.data[i] as number)));
  });
  return { quantity, limit, measure: 'absolute', value };
}

const exact = (quantity: string, equal: boolean): Difference => ({
  quantity,
  limit: 0,
  measure: 'exact',
  value: equal ? 0 : 1,
});

async function run(engine: Engine, program: Program, state: NamedHostTensors, inputs: NamedHostTensors) {
  const session = await engine.compile(
    program,
    Object.fromEntries(Object.keys(program.state).map((name) => [name, get(state, name)])),
  );
  const outputs = await session.call(inputs);
  await session.dispose();
  return outputs;
}

/** Features, logits, intermediate layers and attention of each `image_*`, and the masks of the first native picture. */
async function* forward(engine: Engine, reference: Reference, precision: Precision): AsyncGenerator<Difference> {
  const { network, inputs, outputs, initial } = reference;
  const { vit } = network;
  const limits = LIMITS[precision];
  for (const [key, images] of Object.entries(inputs)) {
    if (!key.startsWith('image_')) continue;
    const name = key.slice('image_'.length);
    const [batch, , height, width] = images.shape as [number, number, number, number];
    const pictures = { batch, height, width };
    const check = (quantity: string, actual: HostTensor | undefined) =>
      relative(quantity, actual as HostTensor, get(outputs, quantity), limits.forward);

    yield check(`cls_${name}`, (await run(engine, featuresProgram(vit, pictures), initial, { images }))['cls']);
    if (outputs[`logits_${name}`] !== undefined) {
      const { logits } = await run(engine, logitsProgram(network, pictures), initial, { images });
      yield check(`logits_${name}`, logits);
    }
    const layers = Object.keys(outputs).filter((output) => output.startsWith(`intermediate_${name}_`)).length;
    if (layers > 0) {
      const made = await run(engine, layersProgram(vit, pictures, layers), initial, { images });
      for (let i = 0; i < layers; i++) yield check(`intermediate_${name}_${i}`, made[`layer.${i}`]);
    }

    const { attention } = await run(engine, attentionProgram(vit, pictures), initial, { images });
    yield largest(`attention_${name}`, attention as HostTensor, get(outputs, `attention_${name}`), limits.attention);
    // Where a mask ends is exact or it is not: no measure for rounded attention.
    if (name === 'native' && attention !== undefined && precision === 'float32') yield* masks(reference, attention);
  }
}

function* masks({ outputs, network }: Reference, attention: HostTensor): Generator<Difference> {
  const heads = network.vit.numHeads;
  const tokens = attention.shape[3] as number;
  const clsToPatches = Float32Array.from({ length: heads * (tokens - 1) }, (_, i) => {
    const head = Math.floor(i / (tokens - 1));
    return attention.data[head * tokens * tokens + 1 + (i % (tokens - 1))] as number;
  });
  for (const [name, wanted] of Object.entries(outputs)) {
    const share = /^mask_keep([\d.]+)$/.exec(name)?.[1];
    if (share === undefined) continue;
    const mask = attentionMask(clsToPatches, heads, Number(share));
    yield exact(name, mask.length === wanted.data.length && mask.every((value, i) => value === wanted.data[i]));
  }
}

/** Crops as the step takes them: the same crop of all images together, one after the other. */
function stacked(crops: readonly HostTensor[]): HostTensor {
  const [first] = crops as [HostTensor];
  const data = new Float32Array(crops.length * first.data.length);
  crops.forEach((crop, i) => {
    data.set(crop.data, i * first.data.length);
  });
  return { shape: [crops.length * (first.shape[0] as number), ...first.shape.slice(1)], dtype: 'float32', data };
}

/** All training steps: each loss, the first step's gradients, and the weights and the center after the last. */
async function* training(engine: Engine, reference: Reference, precision: Precision): AsyncGenerator<Difference> {
  const limits = LIMITS[precision];
  const { expected, inputs, outputs, initial, network, dir } = reference;
  const { config, steps } = expected;
  const locals = config.ncrops - 2;
  const clips = new Set(steps.map(({ clip_grad }) => clip_grad));
  if (clips.size > 1) throw new Error('The reference changes clip_grad between steps, which a run does not.');
  const program = trainingStep(
    {
      network,
      batchSize: config.batch,
      calls: 1,
      localCropsNumber: locals,
      localSize: config.local,
      dropPath: false,
      studentTemp: 0.1,
      centerMomentum: 0.9,
      clipGrad: steps[0]?.clip_grad ?? 0,
    },
    { gradients: true },
  );
  const state: Record<string, HostTensor> = {};
  for (const [name, spec] of Object.entries(program.state)) {
    const parameter = /^(?:student|teacher)\.(.*)$/.exec(name)?.[1];
    state[name] = parameter ? get(initial, parameter) : { ...spec, data: new Float32Array(sizeOf(spec.shape)) };
  }
  const session = await engine.compile(program, state);
  const optimizerSteps = { main: 0, lastLayer: 0 };
  for (const [index, step] of steps.entries()) {
    const crop = (i: number) => get(inputs, `step${index}_crop${i}`);
    const lastLayerFrozen = step.epoch < step.freeze_last_layer;
    const made = await session.call({
      globals: stacked([crop(0), crop(1)]),
      ...(locals > 0 && { locals: stacked(Array.from({ length: locals }, (_, i) => crop(i + 2))) }),
      ...stepInputs({
        lr: step.lr,
        weightDecay: step.weight_decay,
        teacherMomentum: step.teacher_momentum,
        teacherTemp: step.teacher_temp,
        lastLayerFrozen,
        optimizerSteps,
      }),
    });
    optimizerSteps.main++;
    if (!lastLayerFrozen) optimizerSteps.lastLayer++;
    const loss = made['loss']?.data[0] as number;
    const limit = limits.loss;
    yield {
      quantity: `loss of step ${index}`,
      limit,
      measure: 'relative',
      value: Math.abs(loss - step.loss) / Math.abs(step.loss),
    };
    if (index > 0) continue;
    for (const name of Object.keys(trainedParameters(network))) {
      const wanted = outputs[`grad_step0.${name}`];
      if (wanted === undefined) continue;
      yield relative(`gradient ${name}`, get(made, `gradient.${name}`), wanted, limits.gradient);
    }
  }
  const last = await session.readState();
  await session.dispose();
  for (const part of ['student', 'teacher'] as const) {
    const wanted = stripped(readSafetensors(join(dir, `${part}_final.safetensors`)));
    for (const [name, tensor] of Object.entries(wanted)) {
      yield relative(`${part} ${name}`, get(last, `${part}.${name}`), tensor, limits.weights);
    }
  }
  yield relative('center', get(last, 'center'), get(outputs, 'center'), limits.weights);
}

function* schedules({ expected }: Reference): Generator<Difference> {
  for (const [call, wanted] of Object.entries(expected.schedules)) {
    const [base, final, epochs, iterationsPerEpoch, warmupEpochs] = (call.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(
      Number,
    );
    const value = cosineSchedule({
      base: base as number,
      final: final as number,
      epochs: epochs as number,
      iterationsPerEpoch: iterationsPerEpoch as number,
      warmupEpochs: warmupEpochs as number,
    });
    const off = wanted.map((expectedValue, i) => Math.abs(expectedValue - value(i)));
    yield {
      quantity: call,
      limit: SCHEDULE_LIMIT,
      measure: 'absolute',
      value: Math.max(...off),
    };
  }
}

function* knn({ expected, inputs }: Reference): Generator<Difference> {
  const matrix = (name: string) => {
    const { shape, data } = get(inputs, name);
    return { rows: shape[0] as number, dim: shape[1] as number, data: data as Float32Array };
  };
  const labels = (name: string) => get(inputs, name).data as Int32Array;
  const ks = Object.keys(expected.knn).map(Number);
  const accuracies = knnAccuracies({
    train: matrix('knn_train'),
    trainLabels: labels('knn_train_labels'),
    test: matrix('knn_test'),
    testLabels: labels('knn_test_labels'),
    ks,
  });
  for (const { k, top1, top5 } of accuracies) {
    const wanted = expected.knn[String(k)];
    // The original computes percentages in float32.
    yield exact(`k-NN ${k} top-1`, Math.fround(top1) === Math.fround(wanted?.top1 ?? Number.NaN));
    yield exact(`k-NN ${k} top-5`, Math.fround(top5) === Math.fround(wanted?.top5 ?? Number.NaN));
  }
}

/** The original's own checkpoint file must give what the safetensors give. */
async function* originalCheckpoint({ dir, network }: Reference): AsyncGenerator<Difference> {
  const wanted = stripped(readSafetensors(join(dir, 'teacher_final.safetensors')));
  const { parameters } = await loadNetwork(join(dir, 'checkpoint.pth'), { numHeads: network.vit.numHeads });
  const names = Object.keys(prefixed('backbone.', vitParameters(network.vit)));
  const equal = names.every((name) => relativeDifference(get(parameters, name), get(wanted, name)) === 0);
  yield exact('checkpoint.pth against teacher_final.safetensors', equal);
}

/** Everything that does not depend on the engine. */
export async function* replayWithoutEngine(reference: Reference): AsyncGenerator<Difference> {
  yield* schedules(reference);
  yield* knn(reference);
  yield* originalCheckpoint(reference);
}

/** Everything that an engine, opened with this precision, computes. */
export async function* replay(
  engine: Engine,
  reference: Reference,
  precision: Precision = 'float32',
): AsyncGenerator<Difference> {
  yield* forward(engine, reference, precision);
  yield* training(engine, reference, precision);
}

/** NaN is never within a limit. */
export const isWithin = ({ value, limit }: Difference): boolean => value <= limit;
