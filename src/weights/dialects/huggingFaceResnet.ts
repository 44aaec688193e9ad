/** huggingface/transformers: its ResNet, which is torchvision's under other names. */
import { featureDim } from '../../method/backbones/resnet/spec.js';
import type { ModelConfig } from '../modelConfig.js';
import { type Claim, notComputed, ofNumber } from './claims.js';
import type { ForeignNetwork, ResNetShape } from './dialect.js';
import { resnetDialect } from './resnetDialect.js';

const STEM = /^embedder\.embedder\.(convolution|normalization)\./;
/** Of a block, its layers one behind the other, and the one beside them. */
const LAYER = /^encoder\.stages\.(\d+)\.layers\.(\d+)\.(?:layer\.(\d)|shortcut)\.(convolution|normalization)\./;

export const huggingFaceResnet = resnetDialect({
  name: 'Hugging Face',
  firstTensor: 'embedder.embedder.convolution.weight',
  recognizes: () => true,
  configOf: resnetConfig,
  theirName: huggingFaceResnetName,
  claims: claimsOf,
  standardName: (name) => {
    const stem = STEM.exec(name);
    if (stem !== null) return `${stem[1] === 'convolution' ? 'conv1' : 'bn1'}.${name.slice(stem[0].length)}`;
    const layer = LAYER.exec(name);
    if (layer === null) return name;
    const [all, stage, block, place, kind] = layer;
    const isConvolution = kind === 'convolution';
    const own =
      place === undefined
        ? `downsample.${isConvolution ? 0 : 1}`
        : `${isConvolution ? 'conv' : 'bn'}${Number(place) + 1}`;
    return `layer${Number(stage) + 1}.${block}.${own}.${name.slice(all.length)}`;
  },
});

/** What transformers calls a tensor of the standard. */
export function huggingFaceResnetName(standard: string): string {
  const [, stage, layer, rest = ''] = /^layer(\d)\.(\d+)\.(.+)$/.exec(standard) ?? [];
  const part = (words: string) =>
    words
      .replace(/^(?:conv|downsample\.0)\d*\./, 'convolution.')
      .replace(/^(?:bn|downsample\.1)\d*\./, 'normalization.');
  if (stage === undefined) return `embedder.embedder.${part(standard)}`;
  const block = `encoder.stages.${Number(stage) - 1}.layers.${layer}`;
  const number = /^(?:conv|bn)(\d)/.exec(rest)?.[1];
  return number === undefined
    ? `${block}.shortcut.${part(rest)}`
    : `${block}.layer.${Number(number) - 1}.${part(rest)}`;
}

/** What its configuration may say, with the only value that this program computes. */
const MUST_BE = {
  model_type: 'resnet',
  hidden_act: 'relu',
  downsample_in_bottleneck: false,
  downsample_in_first_stage: false,
} as const;

/** @throws Error that names what this program does not compute */
function resnetConfig({ config, file }: Pick<ForeignNetwork, 'config' | 'file'>): ModelConfig | undefined {
  if (typeof config?.['model_type'] !== 'string') return undefined;
  for (const [key, only] of Object.entries(MUST_BE)) {
    const value = config[key];
    if (value === undefined || value === only) continue;
    throw notComputed(file, config, `${key} ${JSON.stringify(value)}`);
  }
  return config;
}

function claimsOf(config: ModelConfig, resnet: ResNetShape): Claim[] {
  const { block, layers, width, inChans } = resnet;
  const last = featureDim({ ...resnet, imageSize: 0 });
  const ofList = (key: string, has: readonly number[]): Claim[] => {
    const says = config[key];
    return Array.isArray(says) ? [{ key, says, agrees: says.join() === has.join(), has: has.join(', ') }] : [];
  };
  const { layer_type: says } = config;
  return [
    ...ofList('depths', layers),
    ...ofList('hidden_sizes', [last / 8, last / 4, last / 2, last]),
    ...ofNumber(config, 'embedding_size', width),
    ...ofNumber(config, 'num_channels', inChans),
    ...(typeof says === 'string' ? [{ key: 'layer_type', says, agrees: says === block, has: `${block} blocks` }] : []),
  ];
}
