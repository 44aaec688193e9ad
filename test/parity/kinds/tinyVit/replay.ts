/** Replays a reference folder (see test/reference/README.md) on an engine and measures how far the results are from it. */
import { attentionMask } from '../../../../src/attention/attentionMask.js';
import type { Engine, Precision } from '../../../../src/engines/engine.js';
import { lastLayers } from '../../../../src/method/backbones/vit/attention.js';
import { attentionProgram, layersProgram } from '../../../../src/method/backbones/vit/programs.js';
import { featuresProgram, logitsProgram } from '../../../../src/method/features.js';
import type { HostTensor, NamedHostTensors, Program } from '../../../../src/program/program.js';
import { vitOf } from '../../../unit/method/vitOf.js';
import { type Difference, exact, largest, relative } from '../../difference.js';
import { lossDifferences, makeSteps, outputOf, reproducible } from '../../steps.js';
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
  // AdamW makes steps of one size of gradients of any size, also of those that are mostly rounding: on the folder drop-path, after four
  // steps, the original's own step under PyTorch's autocast is up to 7.2e-2 off (head.mlp.2.weight; Intel Xeon with AMX).
  bfloat16: { forward: 2e-2, attention: 2e-2, gradient: 2e-2, loss: 2e-2, weights: 4e-2 },
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

/** Features, logits, intermediate layers and attention of each `image_*`, and the masks of the first native image. */
async function* forward(engine: Engine, reference: Reference, precision: Precision): AsyncGenerator<Difference> {
  const { network, inputs, outputs } = reference;
  const vit = vitOf(network.backbone);
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
      const made = await run(engine, layersProgram(vit, size, lastLayers(vit, layers)), reference, images);
      for (let i = 0; i < layers; i++) yield check(`intermediate_${name}_${i}`, made(`layer.${i}`));
    }

    const attention = (await run(engine, attentionProgram(vit, size), reference, images))('attention');
    yield largest(`attention_${name}`, attention, outputs.get(`attention_${name}`), limits.attention);
    // Where a mask ends is exact or it is not: no measure for rounded attention.
    if (name === 'native' && precision === 'float32') yield* masks(reference, attention);
  }
}

function* masks({ outputs, network }: Reference, attention: HostTensor): Generator<Difference> {
  const heads = vitOf(network.backbone).numHeads;
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

/** All training steps: each loss, the first step's gradients, and the weights and the center after the last. */
async function* training(engine: Engine, reference: Reference, precision: Precision): AsyncGenerator<Difference> {
  const limits = LIMITS[precision];
  const { expected, inputs, outputs, initial, final, network } = reference;
  const { config, steps } = expected;
  const made = await makeSteps(engine, {
    network,
    optimizer: 'adamw',
    config,
    dropPath: config.drop_path > 0,
    steps,
    inputs,
    initial: (name) => initial.get(name),
  });
  yield* lossDifferences(steps, made, () => limits.loss);
  for (const [name, gradient] of Object.entries(made.gradients)) {
    const wanted = outputs.get(`grad_step0.${name}`);
    yield relative(`gradient ${name}`, reproducible(name, gradient), reproducible(name, wanted), limits.gradient);
  }
  for (const part of ['student', 'teacher'] as const) {
    for (const [name, wanted] of Object.entries(final[part].tensors)) {
      const ours = outputOf(made.state, `${part}.${name}`);
      yield relative(`${part} ${name}`, reproducible(name, ours), reproducible(name, wanted), limits.weights);
    }
  }
  yield relative('center', outputOf(made.state, 'center'), outputs.get('center'), limits.weights);
}
