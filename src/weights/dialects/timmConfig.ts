/** The `config.json` of a Vision Transformer of timm: the name of its architecture, and arguments that win over what the name stands for. */
import type { ModelConfig } from '../modelConfig.js';
import type { WeightsFile } from '../weightsFile.js';
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
import type { VitShape } from './dialect.js';

type Values = Readonly<Record<string, unknown>>;

export function modelArguments(config: ModelConfig): Values {
  const args = config['model_args'];
  return typeof args === 'object' && args !== null ? (args as Values) : {};
}

/** Arguments of a model that change what it computes, with the only value that this program computes. */
const MUST_BE: Readonly<Record<string, readonly unknown[]>> = {
  act_layer: ['gelu', null],
  norm_layer: ['layernorm', null],
  mlp_layer: ['mlp', 'swiglupacked', 'swiglu', null],
  pre_norm: [false],
  qk_norm: [false],
  scale_attn_norm: [false],
  scale_mlp_norm: [false],
  dynamic_img_pad: [false],
  class_token: [true],
  global_pool: ['token', '', null],
  pos_embed: ['learn', null],
  final_norm: [true, null],
  fc_norm: [false, null],
  embed_norm_layer: [null],
  attn_layer: [null],
  block_fn: [null],
};

/** Of its class VisionTransformer (vision_transformer.py, deit.py). Others have rotary positions, of which no tensor tells. */
const VITS = /^(?!.*_rope)(?:.*_)?(?:vit|deit3?|flexivit)_/;

/** @throws Error that names what this program does not compute */
export function requireComputed(file: WeightsFile, config: ModelConfig, isGated: boolean): void {
  const refuse = (what: string) => notComputed(file, config, what);
  const { architecture } = config;
  if (!VITS.test(String(architecture))) throw refuse(`architecture ${JSON.stringify(architecture)}`);
  const args = modelArguments(config);
  if (isOblong(args['img_size'])) throw refuse(`sides ${JSON.stringify(args['img_size'])} that differ`);
  for (const [key, allowed] of Object.entries(MUST_BE)) {
    const value = args[key] ?? config[key];
    // SwiGLU's activation is SiLU, which goes without saying.
    if (value === undefined || (key === 'act_layer' && value === 'silu' && isGated)) continue;
    if (!allowed.includes(typeof value === 'string' ? value.toLowerCase() : value))
      throw refuse(`${key} ${JSON.stringify(value)}`);
  }
}

interface Sizes {
  readonly embedDim: number;
  readonly depth: number;
  readonly heads: number;
}

/** By the size in an architecture's name. */
const SIZES: ReadonlyMap<string, Sizes> = new Map(
  Object.entries({
    tiny: { embedDim: 192, depth: 12, heads: 3 },
    small: { embedDim: 384, depth: 12, heads: 6 },
    medium: { embedDim: 512, depth: 12, heads: 8 },
    base: { embedDim: 768, depth: 12, heads: 12 },
    large: { embedDim: 1024, depth: 24, heads: 16 },
    huge: { embedDim: 1280, depth: 32, heads: 16 },
    giant: { embedDim: 1408, depth: 40, heads: 16 },
    'giant dinov2': { embedDim: 1536, depth: 40, heads: 24 },
    gigantic: { embedDim: 1664, depth: 48, heads: 16 },
    so400m: { embedDim: 1152, depth: 27, heads: 16 },
  }),
);

interface NamedVit extends Partial<Sizes> {
  readonly patchSize: number;
  /** Whether its MLPs are SwiGLU. */
  readonly isGated: boolean;
  readonly registers?: number;
}

/** DINOv2's giant, and TIPSv2's after it: SwiGLU, and another width than the older giant. */
const GATED_GIANT = /^vit_giant_.*_(?:dinov2|tipsv2)/;

/** What an architecture's name stands for; undefined for a name of another form. */
function namedVit(architecture: string): NamedVit | undefined {
  const [, size = '', patch, rest = ''] = /^(?:vit|deit3?)_([a-z0-9]+)_patch(\d+)(.*)$/.exec(architecture) ?? [];
  if (patch === undefined) return undefined;
  const isDinov2 = rest.includes('_dinov2');
  const isGated = GATED_GIANT.test(architecture);
  const sizes = rest.startsWith('_plus') ? undefined : SIZES.get(isGated ? 'giant dinov2' : size);
  // `18x2`: 18 blocks, each of two beside each other.
  const depth = /_(\d+)x\d+(?=_|$)/.exec(rest)?.[1];
  const registers = /_reg(\d+)(?=_|$)/.exec(rest)?.[1];
  return {
    ...sizes,
    ...(depth !== undefined && { depth: Number(depth) }),
    patchSize: Number(patch),
    isGated,
    ...(registers !== undefined ? { registers: Number(registers) } : isDinov2 && { registers: 0 }),
  };
}

/** By `num_heads`, or by the name of the architecture. */
export function configuredHeads(config: ModelConfig): { readonly numHeads?: number; readonly headsSaidBy?: string } {
  const { num_heads: given } = modelArguments(config);
  if (typeof given === 'number') return { numHeads: given, headsSaidBy: `${config.path} says num_heads ${given}` };
  const { architecture } = config;
  const heads = namedVit(String(architecture))?.heads;
  if (heads === undefined) return {};
  return { numHeads: heads, headsSaidBy: `${config.path} says architecture ${architecture}, which has ${heads} heads` };
}

/**
 * What it says that the weights show, too. Of the size of images only that of the network: for that of the training
 * (`pretrained_cfg`) timm resizes positions when it loads them.
 * @param isPacked whether gate and value of SwiGLU are one layer, whose width is that of both
 */
export function claimsOfTimm(
  config: ModelConfig,
  vit: VitShape,
  { isPacked }: { readonly isPacked: boolean },
): Claim[] {
  const { embedDim, patchSize, mlp, layerScale } = vit;
  const args = modelArguments(config);
  const hidden = mlp.kind === 'swiglu' && isPacked ? 2 * mlp.hiddenDim : mlp.hiddenDim;
  const { init_values: gains } = args;
  return [
    ofName(config, args, vit),
    ...ofNumber(args, 'embed_dim', embedDim),
    ...ofNumber(config, 'num_features', embedDim),
    ...ofNumber(args, 'depth', vit.depth),
    ...ofHeads(args, 'num_heads', embedDim),
    ...ofSide(args, 'patch_size', (side) => side === patchSize, String(patchSize)),
    ...ofImageSize(args, 'img_size', vit.imageSize, patchSize),
    ...ofNumber(args, 'in_chans', vit.inChans),
    ...ofMlpRatio(args, (ratio) => Math.trunc(embedDim * ratio), hidden, embedDim),
    ...ofNumber(args, 'reg_tokens', vit.registers),
    ...(gains === undefined
      ? []
      : [{ key: 'init_values', says: gains, agrees: Boolean(gains) === layerScale, has: ofLayerScale(layerScale) }]),
    ...ofPart(args, 'qkv_bias', vit.qkvBias, 'biases of queries, keys and values'),
    ...ofPart(args, 'proj_bias', vit.projBias, 'biases of projections'),
    ...ofPart(args, 'no_embed_class', !vit.positions.ofCls, 'positions of the patches alone'),
  ];
}

const ofLayerScale = (has: boolean): string => (has ? 'LayerScale' : 'no LayerScale');

/** What the architecture's name stands for, where no argument says otherwise. */
function ofName({ architecture }: ModelConfig, args: Values, vit: VitShape): Claim {
  const named = namedVit(String(architecture));
  const isGated = vit.mlp.kind === 'swiglu';
  const said = <T>(says: T | undefined, argument: string, has: T, what: string): string[] =>
    says === undefined || says === has || args[argument] !== undefined ? [] : [what];
  const others = [
    ...said(named?.embedDim, 'embed_dim', vit.embedDim, `a width of ${vit.embedDim}`),
    ...said(named?.depth, 'depth', vit.depth, `${vit.depth} blocks`),
    ...said(named?.patchSize, 'patch_size', vit.patchSize, `patches of ${vit.patchSize} pixels`),
    ...said(named?.isGated, 'mlp_layer', isGated, isGated ? 'SwiGLU' : 'no SwiGLU'),
    ...said(named?.registers, 'reg_tokens', vit.registers, `${vit.registers} registers`),
  ];
  return { key: 'architecture', says: architecture, agrees: others.length === 0, has: others.join(', ') };
}
