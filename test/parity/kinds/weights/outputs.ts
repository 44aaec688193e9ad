/** What a model computes from the images of a folder of weights, beside what its library computed. */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../src/engines/engine.js';
import type { BackboneSpec } from '../../../../src/method/backbones/index.js';
import { intermediateLayers, lastAttention, lastLayers } from '../../../../src/method/backbones/vit/attention.js';
import { vitParameters } from '../../../../src/method/backbones/vit/parameters.js';
import { patchPositions } from '../../../../src/method/backbones/vit/positionEmbedding.js';
import { tokensBeforePatches, type VitSpec } from '../../../../src/method/backbones/vit/spec.js';
import { featuresProgram, type ImageBatch, imagesInput } from '../../../../src/method/features.js';
import { named, parametersOf, prefixed } from '../../../../src/program/lookup.js';
import type { Program } from '../../../../src/program/program.js';
import { type Difference, relative } from '../../difference.js';
import { outputOf } from '../../steps.js';
import { load } from './files.js';
import { OUTPUTS, type WeightsFolder } from './folder.js';

/** Relative norms, for a float32 engine. */
const LIMIT = 2e-5;

export async function* outputDifferences(engine: Engine, folder: WeightsFolder): AsyncGenerator<Difference> {
  for (const [name, model] of Object.entries(folder.models)) {
    const { parameters, backbone } = await load(folder, model, model.files[0] ?? '');
    for (const image of folder.images) {
      const images = folder.inputs.get(`image_${image}`);
      const [batch, , height, width] = images.shape as [number, number, number, number];
      for (const program of programsOf(backbone, { batch, height, width })) {
        const state = Object.fromEntries(Object.keys(program.state).map((key) => [key, parameters[key] as never]));
        const session = await engine.compile(program, state);
        const outputs = await session.call({ images });
        await session.dispose();
        for (const kind of wantedOf(folder, name, image)) {
          const output = kindOf(program, kind);
          if (output === undefined) continue;
          const wanted = folder.outputs.get(`${name}.${image}.${kind}`);
          const quantity = `${kind} of ${name}, ${image}${program.name === 'features' && kind === 'cls' ? ', as a feature' : ''}`;
          yield relative(quantity, outputOf(outputs, output), wanted, LIMIT);
        }
      }
    }
  }
}

export const countOfOutputs = (folder: WeightsFolder): number =>
  Object.entries(folder.models).reduce((sum, [name, model]) => {
    const kinds = folder.images.flatMap((image) => wantedOf(folder, name, image));
    // The CLS token is computed as one of all tokens, and alone.
    return sum + kinds.length + (model.family === 'dino resnet' ? 0 : kinds.filter((kind) => kind === 'cls').length);
  }, 0);

const wantedOf = ({ outputs }: WeightsFolder, name: string, image: string) =>
  OUTPUTS.filter((kind) => outputs.tensors[`${name}.${image}.${kind}`] !== undefined);

/** Tensors of the folder that belong to no model, image or kind of value. */
export const leftOutOf = (folder: WeightsFolder): string[] => {
  const known = new Set(
    Object.keys(folder.models).flatMap((name) =>
      folder.images.flatMap((image) => OUTPUTS.map((kind) => `${name}.${image}.${kind}`)),
    ),
  );
  return Object.keys(folder.outputs.tensors).filter((name) => !known.has(name));
};

/** Which of a program's outputs is this kind of value. */
const kindOf = (program: Program, kind: string): string | undefined => {
  if (program.name === 'features') return kind === 'cls' || kind === 'features' ? 'cls' : undefined;
  return kind;
};

function programsOf(backbone: BackboneSpec, size: ImageBatch): Program[] {
  const features = featuresProgram(backbone, size);
  return backbone.kind === 'vit' ? [everything(backbone, size), features] : [features];
}

/** All tokens after the final norm, the attention of the last block for the first image, and the positions as they are added. */
const everything = (vit: VitSpec, size: ImageBatch): Program => ({
  name: 'everything',
  state: prefixed('backbone.', vitParameters(vit)),
  inputs: imagesInput(vit, size),
  body: (state, inputs) => {
    const get = parametersOf(state, 'backbone.');
    const images = named<tf.Tensor4D>(inputs, 'images');
    const [tokens] = intermediateLayers(vit, get, images, lastLayers(vit, 1)) as [tf.Tensor3D];
    const [batch, length, dim] = tokens.shape;
    const before = tokensBeforePatches(vit);
    const part = (begin: number, count: number) => tf.slice(tokens, [0, begin, 0], [batch, count, dim]);
    const positions = get<tf.Tensor3D>('pos_embed');
    const ofPatches = tf.expandDims(patchPositions(positions, vit, size.height, size.width), 0);
    return {
      state: {},
      outputs: {
        cls: tf.reshape(part(0, 1), [batch, dim]),
        patches: part(before, length - before),
        ...(vit.registers > 0 && { registers: part(1, vit.registers) }),
        attention: tf.slice(lastAttention(vit, get, images), [0, 0, 0, 0], [1, vit.numHeads, length, length]),
        position: vit.positions.ofCls
          ? tf.concat([tf.slice(positions, [0, 0, 0], [1, 1, dim]), ofPatches], 1)
          : ofPatches,
      },
    };
  },
});
