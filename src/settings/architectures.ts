/** The networks by name (`arch`), as the original has them. */
import { NAMED_VITS, namedVit, OLDER_VIT_NAMES } from '../method/backbones/vit/namedVits.js';

/** torchvision's ResNets, which the original trains under these names. */
export const RESNETS = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'] as const;

/** What `arch` may be, as the original writes it. */
export const ARCH_NAMES: readonly string[] = [...NAMED_VITS.keys(), ...OLDER_VIT_NAMES.keys(), ...RESNETS];

/** The settings that a Vision Transformer's name stands for; undefined for any other network. */
export function vitSettings(arch: unknown) {
  const sizes = typeof arch === 'string' ? namedVit(arch) : undefined;
  return sizes && { embed_dim: sizes.embedDim, depth: sizes.depth, num_heads: sizes.numHeads };
}
