/** Replays DINOv2's backbone on an engine and measures how far the results are from the original's. */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../src/engines/engine.js';
import { lastLayers } from '../../../../src/method/backbones/vit/attention.js';
import {
  attentionProgram,
  layersProgram,
  positionsProgram,
  tokensProgram,
} from '../../../../src/method/backbones/vit/programs.js';
import { tokensBeforePatches, type VitSpec } from '../../../../src/method/backbones/vit/spec.js';
import { type NormedTokens, normedTokens } from '../../../../src/method/backbones/vit/vit.js';
import { lossGradients } from '../../../../src/method/lossGradients.js';
import { flat, named, parametersOf, picked } from '../../../../src/program/lookup.js';
import {
  float32,
  type HostTensor,
  type NamedHostTensors,
  type NamedTensors,
  type Program,
} from '../../../../src/program/program.js';
import { type Difference, largest, relative } from '../../difference.js';
import { outputOf, reproducible } from '../../steps.js';
import { type Case, type Reference, sizeOfImages } from './reference.js';

/** As the folder's README has them: relative norms, of attention the largest difference. */
const LIMITS = { forward: 2e-5, attention: 1e-5, gradient: 1e-4 };

export async function* replay(engine: Engine, { cases }: Reference): AsyncGenerator<Difference> {
  for (const one of cases) {
    for (const [image, images] of Object.entries(one.images)) yield* ofImages(engine, one, image, images);
    if (one.masks && one.images['native']) yield* masked(engine, one, one.images['native'], one.masks);
  }
}

async function* ofImages(engine: Engine, one: Case, image: string, images: HostTensor): AsyncGenerator<Difference> {
  const { vit, kept } = one;
  const program = kept ? dropped(one, images, kept) : everything(one, image, images);
  const outputs = await run(engine, program, one, { images, ...(kept && { kept: selection(images, kept) }) });
  yield* compared(one, image, (quantity) => replayed(vit, images, outputs, quantity));
}

async function* masked(engine: Engine, one: Case, images: HostTensor, masks: HostTensor): AsyncGenerator<Difference> {
  const { vit, gradients, ofGradients, cotangents } = one;
  const { size } = sizeOfImages(vit, images);
  const inputs = { images, masks: { ...masks, dtype: 'float32', data: Float32Array.from(masks.data) } as HostTensor };
  const outputs = await run(engine, together({ tokens: tokensProgram(vit, size, { masked: true }) }), one, inputs);
  yield* compared(one, 'masked', (quantity) => replayed(vit, images, outputs, quantity));
  if (gradients.length === 0) return;
  const made = await run(engine, gradientsProgram(one, images), one, {
    ...inputs,
    ...flat({ cotangent: nonEmpty(cotangents) }),
  });
  for (const parameter of gradients) {
    const wanted = outputOf(ofGradients, parameter);
    const ours = outputOf(made, parameter);
    const quantity = `gradient ${one.name}.${parameter}`;
    yield relative(quantity, reproducible(parameter, ours), reproducible(parameter, wanted), LIMITS.gradient);
  }
}

/** What is known of these images. */
function* compared(one: Case, image: string, ours: (quantity: string) => HostTensor): Generator<Difference> {
  const prefix = image && `${image}.`;
  for (const name of one.asked) {
    const quantity = name.slice(prefix.length);
    if (!name.startsWith(prefix) || quantity.includes('.')) continue;
    const [actual, wanted] = [ours(quantity), outputOf(one.outputs, name)];
    yield quantity === 'attention'
      ? largest(`${one.name}.${name}`, actual, wanted, LIMITS.attention)
      : relative(`${one.name}.${name}`, actual, wanted, LIMITS.forward);
  }
}

async function run(engine: Engine, program: Program, { weights }: Case, inputs: NamedHostTensors) {
  const session = await engine.compile(program, weights);
  const outputs = await session.call(inputs);
  await session.dispose();
  return outputs;
}

/** Several programs of the same state as one, each with its key before the names of its outputs. */
function together(parts: Readonly<Record<string, Program>>): Program {
  const [first] = Object.values(parts) as [Program];
  return {
    name: Object.keys(parts).join(' and '),
    state: first.state,
    inputs: first.inputs,
    body: (state, inputs) => ({
      state: {},
      outputs: flat(
        Object.fromEntries(Object.entries(parts).map(([key, { body }]) => [key, body(state, inputs).outputs])),
      ),
    }),
  };
}

function everything({ vit, asked }: Case, image: string, images: HostTensor): Program {
  const { size } = sizeOfImages(vit, images);
  const layers = asked.filter((name) => new RegExp(`^${image}\\.intermediate_\\d+$`).test(name)).length;
  const unnormed = asked.flatMap((name) => {
    const block = new RegExp(`^${image}\\.intermediate_block(\\d+)_`).exec(name)?.[1];
    return block === undefined ? [] : [Number(block)];
  });
  const ofBlocks = unnormed.map((block): [string, Program] => [
    `block${block}`,
    layersProgram(vit, size, { blocks: [block], normed: false }),
  ]);
  return together({
    tokens: tokensProgram(vit, size),
    attention: attentionProgram(vit, size),
    positions: positionsProgram(vit, size),
    ...(layers > 0 && { last: layersProgram(vit, size, lastLayers(vit, layers)) }),
    ...Object.fromEntries(ofBlocks),
  });
}

/** A quantity of the folder, out of what the programs gave. */
function replayed(vit: VitSpec, images: HostTensor, outputs: NamedHostTensors, quantity: string): HostTensor {
  const { rows, columns } = sizeOfImages(vit, images);
  const before = tokensBeforePatches(vit);
  const layer = (name: string, first: number, count: number) => tokensOf(outputOf(outputs, name), first, count);
  const [, ofCls, index] = /^intermediate_(cls_)?(\d+)$/.exec(quantity) ?? [];
  if (index !== undefined)
    return ofCls ? layer(`last.layer.${index}`, 0, 1) : layer(`last.layer.${index}`, before, rows * columns);
  const block = /^intermediate_block(\d+)_/.exec(quantity)?.[1];
  if (block !== undefined) return asMap(layer(`block${block}.layer.0`, before, rows * columns));
  switch (quantity) {
    case 'x_norm_clstoken':
      return outputOf(outputs, 'tokens.cls');
    case 'x_norm_regtokens':
      return vit.registers > 0 ? outputOf(outputs, 'tokens.registers') : NOTHING;
    case 'x_norm_patchtokens':
      return outputOf(outputs, 'tokens.patches');
    case 'attention':
      return outputOf(outputs, 'attention.attention');
    case 'pos_embed':
      return outputOf(outputs, 'positions.positions');
    default:
      throw new Error(`Nothing computes ${quantity}.`);
  }
}

const NOTHING: HostTensor = { shape: [0], dtype: 'float32', data: new Float32Array(0) };

/** Some of the tokens [batch, tokens, dim] of each image. */
function tokensOf({ shape, data }: HostTensor, first: number, count: number): HostTensor {
  const [batch = 0, tokens = 0, dim = 0] = shape;
  const some = new Float32Array(batch * count * dim);
  for (let image = 0; image < batch; image++) {
    const start = (image * tokens + first) * dim;
    some.set(data.subarray(start, start + count * dim), image * count * dim);
  }
  return { shape: [batch, count, dim], dtype: 'float32', data: some };
}

/** [batch, patches, dim] -> [batch, dim, patches]. */
function asMap({ shape, data }: HostTensor): HostTensor {
  const [batch = 0, patches = 0, dim = 0] = shape;
  const map = new Float32Array(data.length);
  for (let image = 0; image < batch; image++)
    for (let patch = 0; patch < patches; patch++)
      for (let i = 0; i < dim; i++)
        map[(image * dim + i) * patches + patch] = data[(image * patches + patch) * dim + i] as number;
  return { shape: [batch, dim, patches], dtype: 'float32', data: map };
}

const nonEmpty = (tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).filter(([, { data }]) => data.length > 0));

/** Outputs: of each parameter, the gradient of the products of the tokens with their cotangents. */
function gradientsProgram({ vit, cotangents, gradients }: Case, images: HostTensor): Program {
  const { size } = sizeOfImages(vit, images);
  const { state, inputs } = tokensProgram(vit, size, { masked: true });
  const specs = Object.entries(nonEmpty(cotangents)).map(([name, { shape }]) => [name, float32(...shape)] as const);
  return {
    name: 'gradients',
    state,
    inputs: { ...inputs, ...flat({ cotangent: Object.fromEntries(specs) }) },
    body: (state, inputs) => {
      const masks = named<tf.Tensor2D>(inputs, 'masks');
      const made = lossGradients(picked(state, 'backbone.', gradients), (parameters) => {
        const tokens = normedTokens(vit, parametersOf(parameters, ''), named<tf.Tensor4D>(inputs, 'images'), { masks });
        const products = specs.map(([name]) =>
          tf.sum(tf.mul(tokenOf(tokens, name), named(inputs, `cotangent.${name}`))),
        );
        return { loss: { total: tf.addN(products) as tf.Scalar }, moved: {} };
      });
      return { state: {}, outputs: made.gradients };
    },
  };
}

function tokenOf(tokens: NormedTokens, name: string): tf.Tensor {
  const { cls, registers, patches } = tokens;
  const tensor = { x_norm_clstoken: cls, x_norm_regtokens: registers, x_norm_patchtokens: patches }[name];
  if (tensor === undefined) throw new Error(`There are no tokens ${name}.`);
  return tensor;
}

/** The tokens in training, each branch computed for the samples that `kept` names. */
function dropped({ vit }: Case, images: HostTensor, kept: HostTensor): Program {
  const { state, inputs } = tokensProgram(vit, sizeOfImages(vit, images).size);
  return {
    name: 'tokens under drop path',
    state,
    inputs: { ...inputs, kept: float32(...selection(images, kept).shape) },
    body: (state, inputs) => {
      const dropPath = named<tf.Tensor4D>(inputs, 'kept');
      const get = parametersOf(state, 'backbone.');
      const tokens: NamedTensors = { ...normedTokens(vit, get, named<tf.Tensor4D>(inputs, 'images'), { dropPath }) };
      return { state: {}, outputs: flat({ tokens }) };
    },
  };
}

/** [block, branch, kept sample] of numbers -> [block, branch, kept, batch] with a 1 for each. */
function selection({ shape: [batch = 0] }: HostTensor, { shape, data }: HostTensor): HostTensor {
  const picks = new Float32Array(data.length * batch);
  data.forEach((sample, row) => {
    picks[row * batch + sample] = 1;
  });
  return { shape: [...shape, batch], dtype: 'float32', data: picks };
}
