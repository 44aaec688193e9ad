/** Reads a ResNet in anybody's names: they become torchvision's, and each tensor inside the network must be one of its own. */
import { resnetBuffers, resnetParameters } from '../../method/backbones/resnet/parameters.js';
import { featureDim } from '../../method/backbones/resnet/spec.js';
import { prefixed } from '../../program/lookup.js';
import { requireArchitecture } from '../architecture.js';
import { isBeside } from '../beside.js';
import { type NamedStored, specsOf } from '../storedSpecs.js';
import type { StoredTensor } from '../storedTensor.js';
import type { WeightsFile } from '../weightsFile.js';
import type { Dialect, ForeignNetwork, ResNetShape, StoredBackbone } from './dialect.js';
import { foreignParts } from './foreignParts.js';

interface ResNetDialect extends Pick<Dialect, 'name' | 'firstTensor' | 'recognizes'> {
  standardName(name: string): string;
}

export const resnetDialect = (dialect: ResNetDialect): Dialect => ({
  ...dialect,
  kind: 'ResNet',
  read: (network) => readResnet(dialect, network),
});

function readResnet({ standardName }: ResNetDialect, network: ForeignNetwork): StoredBackbone {
  const { file, prefix } = network;
  requireKnownVariant(network);
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, value] of network.backbone) {
    if (isBeside(standardName(name))) continue;
    const tensor = file.tensor(value, prefix + name);
    if (tensor) tensors[standardName(name)] = tensor;
  }
  const shape = shapeOf(file, tensors);
  const spec = { ...shape, imageSize: 0 };
  const buffers = resnetBuffers(spec);
  const expected = { ...resnetParameters(spec), ...buffers };
  const foreign = [...network.backbone.keys()].filter((name) => {
    const standard = standardName(name);
    return tensors[standard] !== undefined && expected[standard] === undefined && isInside(standard);
  });
  if (foreign.length > 0) throw foreignParts(file, prefix, foreign);
  const needed = Object.fromEntries(Object.entries(expected).filter(([name]) => !isCount(name)));
  requireArchitecture(specsOf(file, prefixed('backbone.', tensors)), prefixed('backbone.', needed), file.path);
  const own = Object.fromEntries(Object.entries(tensors).filter(([name]) => expected[name] !== undefined));
  return {
    shape: { kind: 'resnet', ...shape },
    dim: featureDim(spec),
    tensors: prefixed('backbone.', own),
    buffers: prefixed('backbone.', buffers),
  };
}

/** How many batches the running statistics come from: no feature depends on it. */
export const isCount = (name: string): boolean => name.endsWith('.num_batches_tracked');

const isInside = (name: string): boolean => /^(?:conv\d|bn\d|layer\d|downsample)/.test(name);

/** timm has ResNets that compute something else with the same tensors, such as one that blurs before it strides. */
function requireKnownVariant({ config, file }: ForeignNetwork): void {
  const architecture = config?.['architecture'];
  if (typeof architecture !== 'string' || /^(?:tv_)?resnet\d+$/.test(architecture)) return;
  throw new Error(
    `${file.path} is of another architecture: ${config?.path} says ${architecture}, which this program does not compute.`,
  );
}

function shapeOf(file: WeightsFile, tensors: NamedStored): ResNetShape {
  const noResnet = (what: string) => new Error(`${file.path} holds no ResNet of torchvision's: ${what}.`);
  const [width = 0, inChans = 0] = tensors['conv1.weight']?.shape ?? [];
  if (width === 0 || inChans === 0) throw noResnet('its conv1.weight is missing');
  const blocksIn = (stage: number) =>
    Object.keys(tensors).filter((name) => new RegExp(`^layer${stage}\\.\\d+\\.conv1\\.weight$`).test(name));
  const [first, second, third, fourth, ...more] = [1, 2, 3, 4, 5].map((stage) => blocksIn(stage).length);
  if (!first || !second || !third || !fourth || more.some((count) => count > 0))
    throw noResnet('it does not have the four stages layer1 to layer4');
  const block = tensors['layer1.0.conv3.weight'] ? 'bottleneck' : 'basic';
  return { block, layers: [first, second, third, fourth], width, inChans };
}
