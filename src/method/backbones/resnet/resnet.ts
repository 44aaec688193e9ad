/** torchvision's ResNet (resnet.py, `ResNet`), as DINO trains it: without its classifier. */
import * as tf from '@tensorflow/tfjs-core';
import { type Parameters, within } from '../../../program/lookup.js';
import type { NamedTensors } from '../../../program/program.js';
import { sectionBegins } from '../../../program/sections.js';
import type { Backbone, Pass } from '../../backbone.js';
import { convolution } from '../../layers/convolution.js';
import { namedBatchNorm } from '../../layers/namedBatchNorm.js';
import { globalAveragePool, maxPool } from '../../layers/pooling.js';
import { relu } from '../../layers/relu.js';
import { initialOfResnet, resnetBuffers, resnetParameters } from './parameters.js';
import { blocksOf, featureDim, type NormedConvolution, type ResidualBlock, type ResNetSpec, stemOf } from './spec.js';

export const resnet = (spec: ResNetSpec): Backbone => ({
  dim: featureDim(spec),
  imageSize: spec.imageSize,
  inChans: spec.inChans,
  outputSize: featureDim(spec) * Math.ceil(spec.imageSize / 32) ** 2,
  parameters: resnetParameters(spec),
  buffers: resnetBuffers(spec),
  droppableBlocks: 0,
  layers: spec.layers.length + 1,
  layerOf: (name) => Number(/^layer(\d+)\./.exec(name)?.[1] ?? 0),
  initial: (name) => initialOfResnet(spec, name),
  forward: (get, images, pass) => {
    const { map, buffers } = lastStage(spec, get, images, pass);
    return { pooled: globalAveragePool(map), buffers };
  },
});

/**
 * The last stage's result [batch, dim, height / 32, width / 32] (each halving rounds up), and the buffers that training has moved.
 * @param get looks up parameters and buffers
 */
export function lastStage(
  spec: ResNetSpec,
  get: Parameters,
  images: tf.Tensor4D,
  pass: Pass,
): { readonly map: tf.Tensor4D; readonly buffers: NamedTensors } {
  const running = new RunningBuffers();
  let x = maxPool(relu(normedConvolution(images, stemOf(spec), get, pass, running)));
  for (const block of blocksOf(spec)) {
    const start = pass.blocksAreSections ? sectionBegins(x) : x;
    x = residualBlock(start, block, within(get, block.name), pass, running.within(block.name));
  }
  return { map: x, buffers: running.moved };
}

function residualBlock(
  x: tf.Tensor4D,
  { branch, shortcut }: ResidualBlock,
  get: Parameters,
  pass: Pass,
  running: RunningBuffers,
): tf.Tensor4D {
  const added = shortcut ? normedConvolution(x, shortcut, get, pass, running) : x;
  const y = branch.reduce((y, layer, i) => normedConvolution(i === 0 ? y : relu(y), layer, get, pass, running), x);
  return relu(tf.add(y, added));
}

/** A convolution whose padding keeps the sides where its stride is 1, and its batch norm. */
function normedConvolution(
  x: tf.Tensor4D,
  { name, norm, kernel, stride }: NormedConvolution,
  get: Parameters,
  pass: Pass,
  running: RunningBuffers,
): tf.Tensor4D {
  const convolved = convolution(x, get(`${name}.weight`), { stride, pad: (kernel - 1) / 2 });
  const { y, buffers } = namedBatchNorm(get, norm, convolved, pass);
  running.move(buffers);
  return y;
}

/** Gathers the buffers that a pass moves, by their full names. */
class RunningBuffers {
  readonly moved: Record<string, tf.Tensor>;

  constructor(
    private readonly prefix = '',
    moved: Record<string, tf.Tensor> = {},
  ) {
    this.moved = moved;
  }

  within(name: string): RunningBuffers {
    return new RunningBuffers(`${this.prefix}${name}.`, this.moved);
  }

  move(buffers: NamedTensors): void {
    for (const [name, buffer] of Object.entries(buffers)) this.moved[this.prefix + name] = buffer;
  }
}
