/** The `config.json` of a ResNet of timm. */
import { NAMED_RESNETS } from '../../method/backbones/resnet/namedResnets.js';
import type { ModelConfig } from '../modelConfig.js';
import { type Claim, notComputed, ofNumber } from './claims.js';
import type { ForeignNetwork, ResNetShape } from './dialect.js';
import { modelArguments } from './timmConfig.js';

/**
 * Undefined when the configuration beside the weights is not of timm. It has ResNets that compute something else with the same tensors,
 * such as one that blurs before it strides.
 * @throws Error that names such a one
 */
export function timmResnetConfig({ config, file }: Pick<ForeignNetwork, 'config' | 'file'>): ModelConfig | undefined {
  const architecture = config?.['architecture'];
  if (config === undefined || typeof architecture !== 'string') return undefined;
  if (/^(?:tv_)?resnet\d+$/.test(architecture)) return config;
  throw notComputed(file, config, architecture);
}

/** Arguments win over what the name stands for. */
export function claimsOfTimmResnet(config: ModelConfig, { block, layers, inChans }: ResNetShape): Claim[] {
  const args = modelArguments(config);
  const architecture = String(config['architecture']);
  const named = Object.entries(NAMED_RESNETS).find(([name]) => name === architecture.replace('tv_', ''))?.[1];
  const given = args['layers'];
  const has = `${layers.join(', ')} ${block} blocks`;
  return [
    ...(named
      ? [{ key: 'architecture', says: architecture, agrees: agreesBut(given, named, { block, layers }), has }]
      : []),
    ...(Array.isArray(given) ? [{ key: 'layers', says: given, agrees: given.join() === layers.join(), has }] : []),
    ...ofNumber(args, 'in_chans', inChans),
  ];
}

type Sizes = Pick<ResNetShape, 'block' | 'layers'>;

const agreesBut = (given: unknown, named: Sizes, { block, layers }: Sizes): boolean =>
  named.block === block && (Array.isArray(given) || named.layers.join() === layers.join());
