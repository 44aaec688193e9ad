/** huggingface/transformers: ViT (with DINO's weights or others), Dinov2 and Dinov2WithRegisters, in both generations of their names. */
import { ANTIALIASED_POSITIONS, UNSHIFTED_POSITIONS } from '../../method/backbones/vit/lineages.js';
import type { ForeignNetwork } from './dialect.js';
import { claimsOfHuggingFace, encoderConfig, requireComputed } from './huggingFaceConfig.js';
import { huggingFaceName, huggingFaceQkv } from './huggingFaceNames.js';
import { type VitHabits, vitDialect } from './vitDialect.js';

/** A block is `encoder.layer.3` in files, `layers.3` in the names that newer versions have in memory. */
const BLOCK = /^(?:encoder\.layer|encoder\.layers|layers|layer)\.(\d+)\./;

/** Of all else in a block. */
const IN_BLOCK: readonly (readonly [RegExp, string])[] = [
  [/^attention\.(?:attention\.)?(?:query|q_proj)\.(weight|bias)$/, 'attn.qkv.$1#0'],
  [/^attention\.(?:attention\.)?(?:key|k_proj)\.(weight|bias)$/, 'attn.qkv.$1#1'],
  [/^attention\.(?:attention\.)?(?:value|v_proj)\.(weight|bias)$/, 'attn.qkv.$1#2'],
  [/^attention\.(?:output\.dense|o_proj)\.(weight|bias)$/, 'attn.proj.$1'],
  [/^(?:layernorm_before|norm1)\.(weight|bias)$/, 'norm1.$1'],
  [/^(?:layernorm_after|norm2)\.(weight|bias)$/, 'norm2.$1'],
  [/^(?:intermediate\.dense|mlp\.fc1)\.(weight|bias)$/, 'mlp.fc1.$1'],
  [/^(?:output\.dense|mlp\.fc2)\.(weight|bias)$/, 'mlp.fc2.$1'],
  [/^mlp\.weights_in\.(weight|bias)$/, 'mlp.w12.$1'],
  [/^mlp\.weights_out\.(weight|bias)$/, 'mlp.w3.$1'],
  [/^layer_scale([12])\.lambda1$/, 'ls$1.gamma'],
];

const AROUND: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'embeddings.cls_token': 'cls_token',
    'embeddings.position_embeddings': 'pos_embed',
    'embeddings.register_tokens': 'register_tokens',
    'embeddings.patch_embeddings.projection.weight': 'patch_embed.proj.weight',
    'embeddings.patch_embeddings.projection.bias': 'patch_embed.proj.bias',
    'layernorm.weight': 'norm.weight',
    'layernorm.bias': 'norm.bias',
  }),
);

export const huggingFace = vitDialect({
  name: 'Hugging Face',
  hasClsPosition: true,
  firstTensor: 'embeddings.patch_embeddings.projection.weight',
  hasMaskToken: true,
  recognizes: () => true,
  standardName: (name, network) => {
    const block = BLOCK.exec(name);
    if (block === null)
      return AROUND.get(name) ?? (isDinov2(network) && name === 'embeddings.mask_token' ? 'mask_token' : name);
    const rest = name.slice(block[0].length);
    const rule = IN_BLOCK.find(([pattern]) => pattern.test(rest));
    return rule === undefined ? name : `blocks.${block[1]}.${rest.replace(...rule)}`;
  },
  theirName: (standard, network) => {
    const [, block, kind] = /^blocks\.(\d+)\.attn\.qkv\.(weight|bias)$/.exec(standard) ?? [];
    if (block === undefined || kind === undefined) return huggingFaceName(standard, isDinov2(network));
    return huggingFaceQkv(block, kind)[0];
  },
  configOf: encoderConfig,
  claims: claimsOfHuggingFace,
  habits: (network) => {
    const { config } = network;
    if (config === undefined) return withoutConfig(network);
    requireComputed(network, config);
    const { layer_norm_eps: eps, num_attention_heads: heads } = config;
    return {
      ...withoutConfig(network),
      ...(typeof eps === 'number' && { normEps: eps }),
      ...(typeof heads === 'number' && {
        numHeads: heads,
        headsSaidBy: `${config.path} says num_attention_heads ${heads}`,
      }),
    };
  },
});

const isDinov2 = ({ backbone }: Pick<ForeignNetwork, 'backbone'>): boolean =>
  [...backbone.keys()].some((name) => name.endsWith('.layer_scale1.lambda1'));

/** The defaults of their configurations. */
function withoutConfig(network: ForeignNetwork): VitHabits {
  const hasRegisters = network.backbone.has('embeddings.register_tokens');
  return {
    positions: hasRegisters ? ANTIALIASED_POSITIONS : UNSHIFTED_POSITIONS,
    normEps: isDinov2(network) ? 1e-6 : 1e-12,
  };
}
