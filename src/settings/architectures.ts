/** The networks by name (`arch`), as the original has them. */
import { RESNET_NAMES } from '../method/backbones/resnet/namedResnets.js';
import { vitOfDinov2 } from '../method/backbones/vit/lineages.js';
import { NAMED_DINOV2, NAMED_VITS, namedVit, OLDER_VIT_NAMES } from '../method/backbones/vit/namedVits.js';

/** What `arch` may be, as the original writes it. */
export const ARCH_NAMES: readonly string[] = [
  ...NAMED_VITS.keys(),
  ...OLDER_VIT_NAMES.keys(),
  ...NAMED_DINOV2.keys(),
  ...RESNET_NAMES,
];

/** The settings that a Vision Transformer's name stands for; undefined for any other network. */
export function vitSettings(arch: unknown) {
  const sizes = typeof arch === 'string' ? namedVit(arch) : undefined;
  return (
    sizes && {
      embed_dim: sizes.embedDim,
      depth: sizes.depth,
      num_heads: sizes.numHeads,
      ...dinov2Settings(String(arch), sizes.embedDim),
    }
  );
}

/** What a network of DINOv2's has besides its sizes. */
function dinov2Settings(arch: string, embedDim: number) {
  const named = NAMED_DINOV2.get(arch);
  if (named === undefined) return {};
  const { registers, positions, start, mlp } = vitOfDinov2({ embedDim }, named);
  return {
    patch_size: 14,
    num_register_tokens: registers,
    layerscale: start.layerScale,
    ffn_layer: mlp.kind === 'swiglu' ? 'swiglufused' : 'mlp',
    interpolate_antialias: positions.antialias,
    interpolate_offset: positions.offset,
  };
}
