/** What a trained network says of images, as programs with the state `backbone.*`, and `head.*` where they need it. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { named, parametersOf, prefixed } from '../program/lookup.js';
import { float32, type NamedSpecs, type Program } from '../program/program.js';
import { type Backbone, EVALUATION } from './backbone.js';
import { type BackboneSpec, backboneOf } from './backbones/index.js';
import { type Network, type NetworkSpec, networkOf } from './network.js';

/** The size of the images given to a program. */
export interface ImageBatch {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

export const imagesInput = (
  { inChans }: Pick<Backbone, 'inChans'>,
  { batch, height, width }: ImageBatch,
): NamedSpecs => ({
  images: float32(batch, inChans, height, width),
});

/** Output `cls` [batch, dim]: the feature of each image. */
export function featuresProgram(spec: BackboneSpec, images: ImageBatch): Program {
  const backbone = backboneOf(spec);
  return {
    name: 'features',
    identity: JSON.stringify(spec),
    state: prefixed('backbone.', { ...backbone.parameters, ...backbone.buffers }),
    inputs: imagesInput(backbone, images),
    body: (state, inputs) => {
      const { pooled } = backbone.forward(
        parametersOf(state, 'backbone.'),
        named<Tensor4D>(inputs, 'images'),
        EVALUATION,
      );
      return { state: {}, outputs: { cls: pooled } };
    },
  };
}

/**
 * Output `logits` [batch, K].
 * @internal for tests, which compare it with the original's
 */
export const logitsProgram = (spec: NetworkSpec, images: ImageBatch): Program =>
  networkLogits(networkOf(spec), JSON.stringify(spec), images);

/** Output `logits` [batch, outputs of the head]. @param identity all that the network depends on */
export const networkLogits = (network: Network, identity: string, images: ImageBatch): Program => ({
  name: 'logits',
  identity,
  state: { ...network.parameters, ...network.buffers },
  inputs: imagesInput(network.backbone, images),
  body: (state, inputs) => {
    const running = network.run(state, EVALUATION);
    return { state: {}, outputs: { logits: running.project(running.features(named<Tensor4D>(inputs, 'images'))) } };
  },
});
