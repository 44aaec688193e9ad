/** huggingface/pytorch-image-models (timm): its VisionTransformer. */
import { ANTIALIASED_POSITIONS } from '../../method/backbones/vit/lineages.js';
import type { ForeignNetwork } from './dialect.js';
import { claimsOfTimm, configuredHeads, requireComputed } from './timmConfig.js';
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
  configOf: ({ config }) => (typeof config?.['architecture'] === 'string' ? config : undefined),
  standardName: timmName,
  theirName: (standard, { backbone }) => theirName(standard, backbone),
  claims: (config, vit, { backbone }) => claimsOfTimm(config, vit, { isPacked: !backbone.has(APART) }),
  habits: (network, tensors) => {
    if (network.config === undefined) return TIMM_HABITS;
    requireComputed(network.file, network.config, tensors['blocks.0.mlp.w3.weight'] !== undefined);
    return { ...TIMM_HABITS, ...configuredHeads(network.config) };
  },
});

/** A gate that is a layer of its own. */
const APART = 'blocks.0.mlp.fc1_g.weight';

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

/** The other way round; of what is in two tensors there the first. */
function theirName(standard: string, backbone: ReadonlyMap<string, unknown>): string {
  if (standard === 'register_tokens') return 'reg_token';
  return standard
    .replace('.mlp.w12.', backbone.has(APART) ? '.mlp.fc1_g.' : '.mlp.fc1.')
    .replace('.mlp.w3.', '.mlp.fc2.');
}
