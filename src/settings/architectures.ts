/** The networks that the original and its successor call by a name (`arch`). */

export interface NamedVit {
  readonly embed_dim: number;
  readonly depth: number;
  readonly num_heads: number;
}

/**
 * Vision Transformers by name: facebookresearch/dino's vision_transformer.py, and the two larger ones of
 * facebookresearch/dinov2's. All have heads of 64 and an MLP four times as wide as the network.
 */
export const NAMED_VITS: Readonly<Record<string, NamedVit>> = {
  vit_tiny: { embed_dim: 192, depth: 12, num_heads: 3 },
  vit_small: { embed_dim: 384, depth: 12, num_heads: 6 },
  vit_base: { embed_dim: 768, depth: 12, num_heads: 12 },
  vit_large: { embed_dim: 1024, depth: 24, num_heads: 16 },
  vit_giant2: { embed_dim: 1536, depth: 40, num_heads: 24 },
};

/** torchvision's ResNets, which the original trains under these names. */
export const RESNETS = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'] as const;

/** The original's older names: it trains `deit_small` as `vit_small`. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  deit_tiny: 'vit_tiny',
  deit_small: 'vit_small',
  deit_base: 'vit_base',
};

/** What `arch` may be, as the original writes it. */
export const ARCH_NAMES: readonly string[] = [...Object.keys(NAMED_VITS), ...Object.keys(OLDER_NAMES), ...RESNETS];

/** The shape of a Vision Transformer by its name, older ones too; undefined for any other network. */
export function namedVit(arch: unknown): NamedVit | undefined {
  if (typeof arch !== 'string') return undefined;
  const name = OLDER_NAMES[arch] ?? arch;
  return Object.hasOwn(NAMED_VITS, name) ? NAMED_VITS[name] : undefined;
}
