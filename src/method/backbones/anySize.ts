/** What a network gives for images of any size, as programs for other programs: in plain forms, which every runtime knows. */
import * as tf from '@tensorflow/tfjs-core';
import { type AnySizeProgram, gridInputs, type Sizes } from '../../program/anySize.js';
import { named, type Parameters, parametersOf, prefixed } from '../../program/lookup.js';
import { float32, type NamedTensors, type Program } from '../../program/program.js';
import { inPlainForms } from '../../program/substitution.js';
import { EVALUATION } from '../backbone.js';
import { imagesInput } from '../features.js';
import { type BackboneSpec, backboneOf } from './index.js';
import { lastStage } from './resnet/resnet.js';
import type { ResNetSpec } from './resnet/spec.js';
import { blockWithAttention } from './vit/block.js';
import { resampledPositions } from './vit/resampledPositions.js';
import { hasRest, patchesPerSide, tokensBeforePatches, type VitSpec } from './vit/spec.js';
import { encode, finalNorm } from './vit/vit.js';

/**
 * Of a ViT: `features` [batch, dim], the CLS token; `patch_tokens` [batch, patches, dim] and, where there are some, `registers`, all after
 * the final norm; `tokens` [batch, tokens, dim], all of them; `attention` [batch, heads, tokens, tokens] of the last block. Images must
 * be of whole patches: the reshape that cuts them into patches fails for others. Where those of the training were not, a rest that fills no
 * patch is left out, as it was there.
 *
 * Of a ResNet: `features` [batch, dim], `pooled` the same as [batch, dim, 1, 1], and `activations` [batch, dim, height / 32, width / 32] of
 * the last stage.
 */
export function anySizeProgram(spec: BackboneSpec): AnySizeProgram {
  switch (spec.kind) {
    case 'vit':
      return anySizeVit(spec);
    case 'resnet':
      return anySizeResnet(spec);
  }
}

/** What the program of a size is. @param size of an image in pixels */
function programOf(
  spec: BackboneSpec,
  inputs: Program['inputs'],
  outputs: (get: Parameters, inputs: NamedTensors) => NamedTensors,
): Program {
  const { parameters, buffers } = backboneOf(spec);
  return {
    name: 'features',
    state: prefixed('backbone.', { ...parameters, ...buffers }),
    inputs,
    body: (state, inputs) =>
      inPlainForms(() => ({ state: {}, outputs: outputs(parametersOf(state, 'backbone.'), inputs) })),
  };
}

function anySizeVit(spec: VitSpec & { readonly kind: 'vit' }): AnySizeProgram {
  const { patchSize, positions, imageSize } = spec;
  // A program of images with a rest cuts it off, also where there is none.
  const rest = hasRest(spec) ? 1 : 0;
  return {
    name: 'features',
    cell: patchSize,
    grid: { side: patchesPerSide(spec, imageSize), offset: positions.offset },
    at: ({ batch, rows, columns }) =>
      programOf(
        spec,
        {
          ...imagesInput(spec, { batch, height: rows * patchSize + rest, width: columns * patchSize + rest }),
          [gridInputs.rows]: float32(rows, 1),
          [gridInputs.columns]: float32(columns, 1),
          [gridInputs.rowCount]: float32(),
          [gridInputs.columnCount]: float32(),
        },
        (get, inputs) => vitOutputs(spec, get, inputs),
      ),
  };
}

function vitOutputs(spec: VitSpec, get: Parameters, inputs: NamedTensors): NamedTensors {
  const line = (numbers: string, count: string) => ({
    numbers: named<tf.Tensor2D>(inputs, numbers),
    count: named<tf.Scalar>(inputs, count),
  });
  const positions = resampledPositions(
    spec,
    get('pos_embed'),
    line(gridInputs.rows, gridInputs.rowCount),
    line(gridInputs.columns, gridInputs.columnCount),
  );
  const last = spec.depth - 1;
  const before = encode(spec, get, named<tf.Tensor4D>(inputs, 'images'), last, { positions });
  const { tokens, attention } = blockWithAttention(spec, get, before, last);
  const { rows, batch, length } = tokens;
  const dim = spec.embedDim;
  const all: tf.Tensor3D = tf.reshape(finalNorm(spec, get, rows), [batch, length, dim]);
  const part = (first: number, count: number): tf.Tensor3D => tf.slice(all, [0, first, 0], [batch, count, dim]);
  const beforePatches = tokensBeforePatches(spec);
  return {
    features: tf.reshape(part(0, 1), [batch, dim]),
    patch_tokens: part(beforePatches, length - beforePatches),
    ...(spec.registers > 0 && { registers: part(1, spec.registers) }),
    attention,
    tokens: all,
  };
}

/** How much smaller the last stage is than the image. */
const RESNET_CELL = 32;

const anySizeResnet = (spec: ResNetSpec & { readonly kind: 'resnet' }): AnySizeProgram => ({
  name: 'features',
  cell: RESNET_CELL,
  at: ({ batch, rows, columns }: Sizes) =>
    programOf(
      spec,
      imagesInput(spec, { batch, height: rows * RESNET_CELL, width: columns * RESNET_CELL }),
      (get, inputs) => {
        const { map } = lastStage(spec, get, named<tf.Tensor4D>(inputs, 'images'), EVALUATION);
        return { features: tf.mean(map, [2, 3]), pooled: tf.mean(map, [2, 3], true), activations: map };
      },
    ),
});
