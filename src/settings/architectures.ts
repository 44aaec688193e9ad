/** The networks by name (`arch`), as the original has them. */
import { RESNET_NAMES } from '../method/backbones/resnet/namedResnets.js';
import { NAMED_VITS, namedVit, OLDER_VIT_NAMES } from '../method/backbones/vit/namedVits.js';

/** What `arch` may be, as the original writes it. */
export const ARCH_NAMES: readonly string[] = [...NAMED_VITS.keys(), ...OLDER_VIT_NAMES.keys(), ...RESNET_NAMES];

/** The settings that a Vision Transformer's name stands for; undefined for any other network. */
export function vitSettings(arch: unknown) {
  const sizes = typeof arch === 'string' ? namedVit(arch) : undefined;
  return sizes && { embed_dim: sizes.embedDim, depth: sizes.depth, num_heads: sizes.numHeads };
}
