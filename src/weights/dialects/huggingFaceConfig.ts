/** The `config.json` of transformers' ViT, Dinov2 and Dinov2WithRegisters. */
import { fusedSwigluDim } from '../../method/backbones/vit/lineages.js';
import type { ModelConfig } from '../modelConfig.js';
import {
  type Claim,
  isOblong,
  notComputed,
  ofHeads,
  ofImageSize,
  ofMlpRatio,
  ofNumber,
  ofPart,
  ofSide,
} from './claims.js';
import type { ForeignNetwork, VitShape } from './dialect.js';

/** Model types whose encoder is computed as here. */
const MODEL_TYPES: readonly unknown[] = ['vit', 'vit_msn', 'dinov2', 'dinov2_with_registers'];

const isVitConfig = (config: Readonly<Record<string, unknown>>): boolean => MODEL_TYPES.includes(config['model_type']);

/**
 * The configuration of the encoder: of a model that is composed of several, such as one for depth, its part in that of the whole.
 * Undefined when there is none of transformers'.
 */
export function encoderConfig({ config }: Pick<ForeignNetwork, 'config' | 'file'>): ModelConfig | undefined {
  if (typeof config?.['model_type'] !== 'string') return undefined;
  if (isVitConfig(config)) return config;
  const parts = Object.entries(config).flatMap(([key, part]): ModelConfig[] =>
    isObject(part) && isVitConfig(part) ? [{ ...part, path: `${config.path} (${key})` }] : [],
  );
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only : config;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws Error that names what this program does not compute */
export function requireComputed({ file }: ForeignNetwork, config: ModelConfig): void {
  const refuse = (what: string) => notComputed(file, config, what);
  const { model_type, hidden_act, layer_norm_eps: eps, image_size, patch_size } = config;
  if (!isVitConfig(config)) throw refuse(`model_type ${JSON.stringify(model_type)}`);
  if (hidden_act !== undefined && hidden_act !== 'gelu') throw refuse(`hidden_act ${JSON.stringify(hidden_act)}`);
  if (typeof eps === 'number' && !(eps > 0)) throw refuse(`layer_norm_eps ${eps}`);
  for (const size of [image_size, patch_size])
    if (isOblong(size)) throw refuse(`sides ${JSON.stringify(size)} that differ`);
}

/** What it says that the weights show, too. Keys that it leaves out claim nothing. */
export function claimsOfHuggingFace(config: ModelConfig, vit: VitShape): Claim[] {
  const { embedDim, patchSize, imageSize } = vit;
  return [
    ...ofModelType(config, vit),
    ...ofNumber(config, 'num_hidden_layers', vit.depth),
    ...ofNumber(config, 'hidden_size', embedDim),
    ...ofHeads(config, 'num_attention_heads', embedDim),
    ...ofSide(config, 'patch_size', (side) => side === patchSize, String(patchSize)),
    ...ofImageSize(config, 'image_size', imageSize, patchSize),
    ...ofNumber(config, 'num_channels', vit.inChans),
    ...ofWidth(config, vit),
    ...ofPart(config, 'use_swiglu_ffn', vit.mlp.kind === 'swiglu', 'SwiGLU'),
    ...ofPart(config, 'qkv_bias', vit.qkvBias, 'biases of queries, keys and values'),
    ...ofNumber(config, 'num_register_tokens', vit.registers),
  ];
}

const isOfDinov2 = ({ model_type }: ModelConfig): boolean => model_type !== 'vit' && model_type !== 'vit_msn';

/** A ViT has no LayerScale, each Dinov2 has it, and registers are Dinov2WithRegisters' alone: four, if it does not say how many. */
function ofModelType(config: ModelConfig, { layerScale, registers }: VitShape): Claim[] {
  const { model_type: says } = config;
  const claim = (agrees: boolean, has: string): Claim => ({ key: 'model_type', says, agrees, has });
  if (isOfDinov2(config) !== layerScale) return [claim(false, layerScale ? 'LayerScale' : 'no LayerScale')];
  const withRegisters = says === 'dinov2_with_registers' && config['num_register_tokens'] !== 0;
  return [claim(withRegisters === registers > 0, `${registers} register tokens`)];
}

function ofWidth(config: ModelConfig, { mlp, embedDim }: VitShape): Claim[] {
  if (!isOfDinov2(config)) return ofNumber(config, 'intermediate_size', mlp.hiddenDim);
  const widthOf = (ratio: number) =>
    mlp.kind === 'swiglu' ? fusedSwigluDim((embedDim * ratio) / 4) : Math.trunc(embedDim * ratio);
  return ofMlpRatio(config, widthOf, mlp.hiddenDim, embedDim);
}
