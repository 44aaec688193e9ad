/** huggingface/pytorch-image-models (timm): its VisionTransformer. */
import { ANTIALIASED_POSITIONS } from '../../method/backbones/vit/lineages.js';
import type { NamedStored } from '../storedSpecs.js';
import type { ForeignNetwork } from './dialect.js';
import { FIRST_VIT_TENSOR, type VitHabits, vitDialect } from './vitDialect.js';

/** All that timm computes beside the weights, where nothing says otherwise. */
export const TIMM_HABITS: VitHabits = { positions: ANTIALIASED_POSITIONS, normEps: 1e-6 };

export const timm = vitDialect({
  name: 'timm',
  firstTensor: FIRST_VIT_TENSOR,
  recognizes: ({ backbone, config, file, prefix }) =>
    typeof config?.['architecture'] === 'string' ||
    backbone.has('reg_token') ||
    isSquare(file.tensor(backbone.get('pos_embed'), `${prefix}pos_embed`)?.shape[1]) ||
    (!backbone.has('mask_token') && [...backbone.keys()].some((name) => name.endsWith('.ls1.gamma'))),
  standardName: timmName,
  habits: (network, tensors) => ({ ...TIMM_HABITS, numHeads: configuredHeads(network, tensors) }),
});

/** Positions of patches alone: the CLS token has none (`no_embed_class`). */
const isSquare = (tokens = -1): boolean => Number.isInteger(Math.sqrt(tokens));

/** SwiGLU has the names of the plain MLP, its two first layers in one, or apart. */
export function timmName(name: string, { backbone, file, prefix }: ForeignNetwork): string {
  if (name === 'reg_token') return 'register_tokens';
  const [, block, layer, kind] = /^(blocks\.\d+\.mlp\.)(fc1|fc1_g|fc1_x|fc2)\.(weight|bias)$/.exec(name) ?? [];
  if (block === undefined) return name;
  if (layer === 'fc1_g') return `${block}w12.${kind}#0`;
  if (layer === 'fc1_x') return `${block}w12.${kind}#1`;
  const rows = (of: string) =>
    file.tensor(backbone.get(`${block}${of}.weight`), `${prefix}${block}${of}.weight`)?.shape;
  const [first, last] = [rows('fc1')?.[0], rows('fc2')?.[1]];
  const isGated = backbone.has(`${block}fc1_g.weight`) || (last !== undefined && first === 2 * last);
  if (!isGated) return name;
  return `${block}${layer === 'fc1' ? 'w12' : 'w3'}.${kind}`;
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
};

/** The number of heads by `model_args`, or by the name of the architecture. @throws Error that names what this program does not compute */
function configuredHeads({ config, file }: ForeignNetwork, tensors: NamedStored): number | undefined {
  if (config === undefined) return undefined;
  const args = config['model_args'];
  const given = typeof args === 'object' && args !== null ? (args as Readonly<Record<string, unknown>>) : {};
  for (const [key, allowed] of Object.entries(MUST_BE)) {
    const value = given[key];
    // SwiGLU's activation is SiLU, which goes without saying.
    if (value === undefined || (key === 'act_layer' && value === 'silu' && tensors['blocks.0.mlp.w3.weight'])) continue;
    if (!allowed.includes(typeof value === 'string' ? value.toLowerCase() : value))
      throw new Error(
        `${file.path} is of another architecture: ${config.path} says ${key} ${JSON.stringify(value)}, which this program does not compute.`,
      );
  }
  const { num_heads } = given;
  if (typeof num_heads === 'number') return num_heads;
  const size = /^(?:vit|deit3?)_([a-z0-9]+)_patch\d+(_(?:reg\d+_)?dinov2)?/.exec(String(config['architecture']));
  return size === null ? undefined : HEADS.get(`${size[1]}${size[1] === 'giant' && size[2] ? ' dinov2' : ''}`);
}

/** By the size in an architecture's name (timm/models/vision_transformer.py and deit.py). */
const HEADS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    tiny: 3,
    small: 6,
    medium: 8,
    base: 12,
    large: 16,
    huge: 16,
    giant: 16,
    'giant dinov2': 24,
    gigantic: 16,
    so400m: 16,
  }),
);
