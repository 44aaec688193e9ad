/** torchvision's ResNets in torchvision's names, as DINO trains them, with a classifier beside them or without. */
import { resnetBuffers, resnetParameters } from '../method/backbones/resnet/parameters.js';
import type { ResNetSpec } from '../method/backbones/resnet/spec.js';
import { prefixed } from '../program/lookup.js';
import { requireArchitecture } from './architecture.js';
import { isBeside } from './beside.js';
import type { StoredNetwork } from './networks.js';
import { type NamedStored, specsOf } from './storedSpecs.js';
import type { StoredTensor } from './storedTensor.js';
import type { WeightsFile } from './weightsFile.js';

/** Each network of this kind has it. */
export const FIRST_RESNET_TENSOR = 'layer1.0.conv1.weight';

/** All that weights tell of a ResNet: it takes images of any size. */
export type ResNetShape = Omit<ResNetSpec, 'imageSize'>;

export interface StoredResNet {
  readonly shape: ResNetShape;
  /** `backbone.*`: exactly its parameters and buffers, but for counts of batches that an older file does not have. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
}

/**
 * @throws Error with one sentence that names the file and the first tensor inside the network that is missing, differs or is foreign
 */
export function dinoResnet(file: WeightsFile, network: StoredNetwork): StoredResNet {
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, value] of network.backbone) {
    if (isBeside(name)) continue;
    const tensor = file.tensor(value, network.prefix + name);
    if (tensor) tensors[`backbone.${name}`] = tensor;
  }
  const shape = shapeOf(file, tensors);
  const spec = { ...shape, imageSize: 0 };
  const buffers = prefixed('backbone.', resnetBuffers(spec));
  const expected = { ...prefixed('backbone.', resnetParameters(spec)), ...buffers };
  const foreign = Object.keys(tensors).find((name) => expected[name] === undefined && isInside(name));
  if (foreign !== undefined)
    throw new Error(
      `${file.path} is of another architecture: it has ${network.prefix}${foreign.slice('backbone.'.length)}, which this program does not support; without it the features would be wrong.`,
    );
  const needed = Object.fromEntries(Object.entries(expected).filter(([name]) => !isCount(name)));
  requireArchitecture(specsOf(file, tensors), needed, file.path);
  return {
    shape,
    tensors: Object.fromEntries(Object.entries(tensors).filter(([name]) => expected[name] !== undefined)),
  };
}

/** How many batches the running statistics come from: no feature depends on it. */
export const isCount = (name: string): boolean => name.endsWith('.num_batches_tracked');

const isInside = (name: string): boolean => /^backbone\.(?:conv\d|bn\d|layer\d|downsample)/.test(name);

function shapeOf(file: WeightsFile, tensors: NamedStored): ResNetShape {
  const noResnet = (what: string) => new Error(`${file.path} holds no ResNet of torchvision's: ${what}.`);
  const [width = 0, inChans = 0] = tensors['backbone.conv1.weight']?.shape ?? [];
  if (width === 0 || inChans === 0) throw noResnet('its conv1.weight is missing');
  const blocksIn = (stage: number) =>
    Object.keys(tensors).filter((name) => new RegExp(`^backbone\\.layer${stage}\\.\\d+\\.conv1\\.weight$`).test(name));
  const [first, second, third, fourth, ...more] = [1, 2, 3, 4, 5].map((stage) => blocksIn(stage).length);
  if (!first || !second || !third || !fourth || more.some((count) => count > 0))
    throw noResnet('it does not have the four stages layer1 to layer4');
  const block = tensors['backbone.layer1.0.conv3.weight'] ? 'bottleneck' : 'basic';
  return { block, layers: [first, second, third, fourth], width, inChans };
}
