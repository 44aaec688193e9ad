/** Reads a ResNet in anybody's names: they become torchvision's, and each tensor inside the network must be one of its own. */
import { resnetBuffers, resnetParameters } from '../../method/backbones/resnet/parameters.js';
import { featureDim } from '../../method/backbones/resnet/spec.js';
import { prefixed } from '../../program/lookup.js';
import { requireArchitecture } from '../architecture.js';
import { isBeside } from '../beside.js';
import type { ModelConfig } from '../modelConfig.js';
import { type NamedStored, specsOf } from '../storedSpecs.js';
import type { StoredTensor } from '../storedTensor.js';
import type { WeightsFile } from '../weightsFile.js';
import { type Claim, requireAgreement } from './claims.js';
import type { Dialect, ForeignNetwork, ResNetShape, StoredBackbone } from './dialect.js';
import { foreignParts } from './foreignParts.js';

interface ResNetDialect extends Pick<Dialect, 'name' | 'firstTensor' | 'recognizes' | 'configOf'> {
  standardName(name: string): string;
  /** What a tensor that the file lacks would be called there, by its standard name; absent: the same. */
  theirName?(standard: string): string;
  /** What a configuration of this dialect says that the weights show, too. */
  claims?(config: ModelConfig, resnet: ResNetShape): readonly Claim[];
}

export const resnetDialect = (dialect: ResNetDialect): Dialect => ({
  ...dialect,
  kind: 'ResNet',
  read: (network) => readResnet(dialect, network),
});

function readResnet(dialect: ResNetDialect, network: ForeignNetwork): StoredBackbone {
  const { standardName, theirName = (standard) => standard } = dialect;
  const { file, prefix } = network;
  const config = dialect.configOf?.(network);
  const tensors: Record<string, StoredTensor> = {};
  const names = new Map<string, string>();
  for (const [name, value] of network.backbone) {
    const standard = standardName(name);
    if (isBeside(standard)) continue;
    const tensor = file.tensor(value, prefix + name);
    if (!tensor) continue;
    tensors[standard] = tensor;
    names.set(standard, prefix + name);
  }
  const nameOf = (standard: string) => names.get(standard) ?? prefix + theirName(standard);
  const shape = shapeOf(file, tensors, nameOf);
  const spec = { ...shape, imageSize: 0 };
  const buffers = resnetBuffers(spec);
  const expected = { ...resnetParameters(spec), ...buffers };
  const foreign = Object.keys(tensors).filter((name) => expected[name] === undefined && isInside(name));
  if (foreign.length > 0) throw foreignParts(file, foreign.map(nameOf));
  const needed = Object.fromEntries(Object.entries(expected).filter(([name]) => !isCount(name)));
  requireArchitecture(specsOf(file, tensors, nameOf), needed, file.path, nameOf);
  if (config !== undefined) requireAgreement(file, config, dialect.claims?.(config, shape) ?? []);
  const own = Object.fromEntries(Object.entries(tensors).filter(([name]) => expected[name] !== undefined));
  return {
    shape: { kind: 'resnet', ...shape },
    dim: featureDim(spec),
    tensors: prefixed('backbone.', own),
    names: new Map(Object.keys(own).map((standard) => [`backbone.${standard}`, nameOf(standard)])),
    buffers: prefixed('backbone.', buffers),
  };
}

/** How many batches the running statistics come from: no feature depends on it. */
export const isCount = (name: string): boolean => name.endsWith('.num_batches_tracked');

const isInside = (name: string): boolean => /^(?:conv\d|bn\d|layer\d|downsample)/.test(name);

function shapeOf(file: WeightsFile, tensors: NamedStored, nameOf: (standard: string) => string): ResNetShape {
  const noResnet = (what: string) => new Error(`${file.path} holds no ResNet of torchvision's: ${what}.`);
  const [width = 0, inChans = 0] = tensors['conv1.weight']?.shape ?? [];
  if (width === 0 || inChans === 0) throw noResnet(`its ${nameOf('conv1.weight')} is missing`);
  const blocksIn = (stage: number) =>
    Object.keys(tensors).filter((name) => new RegExp(`^layer${stage}\\.\\d+\\.conv1\\.weight$`).test(name));
  const [first, second, third, fourth, ...more] = [1, 2, 3, 4, 5].map((stage) => blocksIn(stage).length);
  if (!first || !second || !third || !fourth || more.some((count) => count > 0))
    throw noResnet('it does not have the four stages layer1 to layer4');
  const block = tensors['layer1.0.conv3.weight'] ? 'bottleneck' : 'basic';
  return { block, layers: [first, second, third, fourth], width, inChans };
}
