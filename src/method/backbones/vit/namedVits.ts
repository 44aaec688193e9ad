/** The Vision Transformers that the original and its successor call by a name. */
import type { VitSpec } from './spec.js';

export type VitSizes = Pick<VitSpec, 'embedDim' | 'depth' | 'numHeads'>;

/**
 * By name: facebookresearch/dino's vision_transformer.py, and the two larger ones of facebookresearch/dinov2's.
 * All have heads of 64 and an MLP four times as wide as the network.
 */
export const NAMED_VITS: ReadonlyMap<string, VitSizes> = new Map([
  ['vit_tiny', { embedDim: 192, depth: 12, numHeads: 3 }],
  ['vit_small', { embedDim: 384, depth: 12, numHeads: 6 }],
  ['vit_base', { embedDim: 768, depth: 12, numHeads: 12 }],
  ['vit_large', { embedDim: 1024, depth: 24, numHeads: 16 }],
  ['vit_giant2', { embedDim: 1536, depth: 40, numHeads: 24 }],
]);

/** What dinov2 calls its released networks (hub/backbones.py), all with patches of 14. */
interface NamedDinov2 {
  /** By its name in {@link NAMED_VITS}. */
  readonly sizes: string;
  readonly swiglu: boolean;
}

const DINOV2_SIZES: Readonly<Record<string, NamedDinov2>> = {
  dinov2_vits14: { sizes: 'vit_small', swiglu: false },
  dinov2_vitb14: { sizes: 'vit_base', swiglu: false },
  dinov2_vitl14: { sizes: 'vit_large', swiglu: false },
  dinov2_vitg14: { sizes: 'vit_giant2', swiglu: true },
};

/** Each without registers, and with 4 of them by its name with `_reg`. */
export const NAMED_DINOV2: ReadonlyMap<string, NamedDinov2 & { readonly registers: number }> = new Map(
  Object.entries(DINOV2_SIZES).flatMap(([name, network]) => [
    [name, { ...network, registers: 0 }],
    [`${name}_reg`, { ...network, registers: 4 }],
  ]),
);

/** The original's older names: it trains `deit_small` as `vit_small`. */
export const OLDER_VIT_NAMES: ReadonlyMap<string, string> = new Map([
  ['deit_tiny', 'vit_tiny'],
  ['deit_small', 'vit_small'],
  ['deit_base', 'vit_base'],
]);

/** The sizes of a Vision Transformer by its name or its older name; undefined for any other network. */
export const namedVit = (arch: string): VitSizes | undefined =>
  NAMED_VITS.get(OLDER_VIT_NAMES.get(arch) ?? NAMED_DINOV2.get(arch)?.sizes ?? arch);
