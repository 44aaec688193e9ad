/** Replays a reference folder (see test/reference/README.md) on an engine and measures how far the results are from it. */
import { attentionMask } from '../../src/attention/attentionMask.js';
import type { Engine, Precision } from '../../src/engines/engine.js';
import { attentionProgram, layersProgram } from '../../src/method/backbones/vit/programs.js';
import { featuresProgram, logitsProgram } from '../../src/method/features.js';
import { networkOf } from '../../src/method/network.js';
import { adamw } from '../../src/method/optimizers/adamw.js';
import { stepInputs } from '../../src/method/stepInputs.js';
import { trainingStep } from '../../src/method/trainingStep.js';
import { type HostTensor, type NamedHostTensors, type Program, sizeOf } from '../../src/program/program.js';
import { type Difference, exact, largest, relative } from './difference.js';
import { imagesOf, layersOf, masksOf, type Reference } from './reference.js';

interface Limits {
  readonly forward: number;
  readonly attention: number;
  readonly gradient: number;
  readonly loss: number;
  readonly weights: number;
}

const LIMITS: Readonly<Record<Precision, Limits>> = {
  float32: { forward: 2e-5, attention: 1e-5, gradient: 1e-4, loss: 1e-5, weights: 1e-4 },
  // Only a GPU rounds so.
  tf32: { forward: 1e-2, attention: 1e-2, gradient: 1e-2, loss: 1e-2, weights: 1e-2 },
  // By a processor's or a GPU's own instructions; where they are emulated, sums are rounded too.
  bfloat16: { forward: 2e-2, attention: 2e-2, gradient: 2e-2, loss: 2e-2, weights: 2e-2 },
};

/** Everything that an engine, opened with this precision, computes. */
export async function* replay(
  engine: Engine,
  reference: Reference,
  precision: Precision = 'float32',
): AsyncGenerator<Difference> {
  yield* forward(engine, reference, precision);
  yield* training(engine, reference, precision);
}

async function run(engine: Engine, program: Program, { initial }: Reference, inputs: NamedHostTensors) {
  const state = Object.fromEntries(Object.keys(program.state).map((name) => [name, initial.get(name)]));
  const session = await engine.compile(program, state);
  const outputs = await session.call(inputs);
  await session.dispose();
  return (name: string) => outputOf(outputs, name);
}

function outputOf(outputs: NamedHostTensors, name: string): HostTensor {
  const tensor = outputs[name];
  if (tensor === undefined) throw new Error(`The program has no output ${name}.`);
  return tensor;
}

/** Features, logits, intermediate layers and attention of each `image_*`, and the masks of the first native image. */
async function* forward(engine: Engine, reference: Reference, precision: Precision): AsyncGenerator<Difference> {
  const { network, inputs, outputs } = reference;
  const { backbone: vit } = network;
  const limits = LIMITS[precision];
  for (const { key, name, shape } of imagesOf(inputs)) {
    const [batch, , height, width] = shape;
    const size = { batch, height, width };
    const images = { images: inputs.get(key) };
    const check = (quantity: string, actual: HostTensor) =>
      relative(quantity, actual, outputs.get(quantity), limits.forward);

    yield check(`cls_${name}`, (await run(engine, featuresProgram(vit, size), reference, images))('cls'));
    if (outputs.tensors[`logits_${name}`] !== undefined) {
      yield check(`logits_${name}`, (await run(engine, logitsProgram(network, size), reference, images))('logits'));
    }
    const layers = layersOf(outputs, name);
    if (layers > 0) {
      const made = await run(engine, layersProgram(vit, size, layers), reference, images);
      for (let i = 0; i < layers; i++) yield check(`intermediate_${name}_${i}`, made(`layer.${i}`));
    }

    const attention = (await run(engine, attentionProgram(vit, size), reference, images))('attention');
    yield largest(`attention_${name}`, attention, outputs.get(`attention_${name}`), limits.attention);
    // Where a mask ends is exact or it is not: no measure for rounded attention.
    if (name === 'native' && precision === 'float32') yield* masks(reference, attention);
  }
}

function* masks({ outputs, network }: Reference, attention: HostTensor): Generator<Difference> {
  const heads = network.backbone.numHeads;
  const tokens = attention.shape[3] as number;
  const clsToPatches = Float32Array.from({ length: heads * (tokens - 1) }, (_, i) => {
    const head = Math.floor(i / (tokens - 1));
    return attention.data[head * tokens * tokens + 1 + (i % (tokens - 1))] as number;
  });
  for (const { key, share } of masksOf(outputs)) {
    const wanted = outputs.get(key);
    const mask = attentionMask(clsToPatches, heads, share);
    yield exact(key, mask.length === wanted.data.length && mask.every((value, i) => value === wanted.data[i]));
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

/**
 * What of a parameter an independent run can repeat. The same bias on every key changes no attention: its gradient is nothing but
 * rounding, which AdamW blows up to full steps. It is the middle third of the bias of queries, keys and values.
 */
function defined(name: string, tensor: HostTensor): HostTensor {
  if (!name.endsWith('attn.qkv.bias')) return tensor;
  const third = tensor.data.length / 3;
  const data = Float32Array.of(...tensor.data.subarray(0, third), ...tensor.data.subarray(2 * third));
  return { shape: [data.length], dtype: 'float32', data };
}

/** All training steps: each loss, the first step's gradients, and the weights and the center after the last. */
async function* training(engine: Engine, reference: Reference, precision: Precision): AsyncGenerator<Difference> {
  const limits = LIMITS[precision];
  const { expected, inputs, outputs, initial, final, network } = reference;
  const { config, steps } = expected;
  const locals = config.ncrops - 2;
  const dropPath = config.drop_path > 0;
  const program = trainingStep({
    network,
    batchSize: config.batch,
    calls: 1,
    localCropsNumber: locals,
    localSize: config.local,
    dropPath,
    studentTemp: 0.1,
    centerMomentum: 0.9,
    clipGrad: steps[0]?.clip_grad ?? 0,
    optimizer: 'adamw',
    gradients: true,
  });
  const state: Record<string, HostTensor> = {};
  for (const [name, spec] of Object.entries(program.state)) {
    const parameter = /^(?:student|teacher)\.(.*)$/.exec(name)?.[1];
    state[name] = parameter ? initial.get(parameter) : { ...spec, data: new Float32Array(sizeOf(spec.shape)) };
  }
  const session = await engine.compile(program, state);
  const optimizerSteps = { main: 0, lastLayer: 0 };
  for (const [index, step] of steps.entries()) {
    const crops = Array.from({ length: config.ncrops }, (_, i) => inputs.get(`step${index}_crop${i}`));
    const lastLayerFrozen = step.epoch < step.freeze_last_layer;
    const made = await session.call({
      globals: stacked(crops.slice(0, 2)),
      ...(locals > 0 && { locals: stacked(crops.slice(2)) }),
      ...(dropPath && { drop_path: inputs.get(`step${index}_drop_path`) }),
      ...stepInputs(adamw, {
        lr: step.lr,
        weightDecay: step.weight_decay,
        teacherMomentum: step.teacher_momentum,
        ofMethod: { teacher_temp: step.teacher_temp },
        lastLayerFrozen,
        optimizerSteps,
      }),
    });
    optimizerSteps.main++;
    if (!lastLayerFrozen) optimizerSteps.lastLayer++;
    const loss = outputOf(made, 'loss').data[0] as number;
    yield {
      quantity: `loss of step ${index}`,
      limit: limits.loss,
      measure: 'relative',
      value: Math.abs(loss - step.loss) / Math.abs(step.loss),
    };
    if (index > 0) continue;
    for (const name of Object.keys(networkOf(network).trained)) {
      const gradient = outputOf(made, `gradient.${name}`);
      const wanted = outputs.get(`grad_step0.${name}`);
      yield relative(`gradient ${name}`, defined(name, gradient), defined(name, wanted), limits.gradient);
    }
  }
  const last = await session.readState();
  await session.dispose();
  for (const part of ['student', 'teacher'] as const) {
    for (const [name, wanted] of Object.entries(final[part].tensors)) {
      const ours = outputOf(last, `${part}.${name}`);
      yield relative(`${part} ${name}`, defined(name, ours), defined(name, wanted), limits.weights);
    }
  }
  yield relative('center', outputOf(last, 'center'), outputs.get('center'), limits.weights);
}
