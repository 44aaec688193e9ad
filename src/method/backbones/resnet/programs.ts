/** What a trained ResNet gives at each place of an image, as a program with the state `backbone.*`. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { named, parametersOf, prefixed } from '../../../program/lookup.js';
import type { Program } from '../../../program/program.js';
import { EVALUATION } from '../../backbone.js';
import { type ImageBatch, imagesInput } from '../../features.js';
import { resnetBuffers, resnetParameters } from './parameters.js';
import { lastStage } from './resnet.js';
import type { ResNetSpec } from './spec.js';

/** Output `activations` [batch, dim, height / 32, width / 32] (each halving rounds up): the last stage, whose mean is the feature. */
export const activationsProgram = (resnet: ResNetSpec, images: ImageBatch): Program => ({
  name: 'last stage',
  identity: JSON.stringify(resnet),
  state: prefixed('backbone.', { ...resnetParameters(resnet), ...resnetBuffers(resnet) }),
  inputs: imagesInput(resnet, images),
  body: (state, inputs) => {
    const get = parametersOf(state, 'backbone.');
    const { map } = lastStage(resnet, get, named<Tensor4D>(inputs, 'images'), EVALUATION);
    return { state: {}, outputs: { activations: map } };
  },
});
