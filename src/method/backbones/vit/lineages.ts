/** What the Vision Transformers of one origin have in common beside their sizes. */
import type { PositionRule, VitSizes, VitSpec, VitStart } from './spec.js';

type Lineage<Sizes> = Sizes & Omit<VitSpec, keyof VitSizes>;
type Width = Pick<VitSizes, 'embedDim'>;

/** facebookresearch/dino's vision_transformer.py. @typeParam Sizes all of {@link VitSizes}, or those that are known */
export const vitOfDino = <Sizes extends Width>(sizes: Sizes): Lineage<Sizes> => ({
  ...sizes,
  registers: 0,
  layerScale: false,
  mlp: { kind: 'gelu', hiddenDim: MLP_RATIO * sizes.embedDim },
  qkvBias: true,
  projBias: true,
  mlpBias: true,
  maskToken: false,
  normEps: 1e-6,
  positions: DINO_POSITIONS,
  start: DINO_START,
});

/**
 * facebookresearch/dinov2's vision_transformer.py, as its released networks are built (hub/backbones.py): those with registers resample
 * positions by another rule than those without.
 * @param swiglu whether the MLP is `SwiGLUFFNFused`, as in ViT-g
 */
export const vitOfDinov2 = <Sizes extends Width>(
  sizes: Sizes,
  { registers = 0, swiglu = false }: { readonly registers?: number; readonly swiglu?: boolean } = {},
): Lineage<Sizes> => ({
  ...vitOfDino(sizes),
  registers,
  layerScale: true,
  mlp: swiglu
    ? { kind: 'swiglu', hiddenDim: fusedSwigluDim(sizes.embedDim) }
    : { kind: 'gelu', hiddenDim: MLP_RATIO * sizes.embedDim },
  maskToken: true,
  positions: registers > 0 ? ANTIALIASED_POSITIONS : DINO_POSITIONS,
  start: DINOV2_START,
});

const MLP_RATIO = 4;

/** dinov2's `SwiGLUFFNFused`: two thirds of an MLP's hidden layer, up to a multiple of 8. */
export const fusedSwigluDim = (embedDim: number): number =>
  8 * Math.floor((Math.trunc((2 * MLP_RATIO * embedDim) / 3) + 7) / 8);

/** facebookresearch's dino, and dinov2 without registers: `interpolate_offset` .1. */
export const DINO_POSITIONS: PositionRule = { antialias: false, offset: 0.1, ofCls: true };
/** Hugging Face's ViT and Dinov2. */
export const UNSHIFTED_POSITIONS: PositionRule = { antialias: false, offset: 0, ofCls: true };
/** dinov2 with registers, Hugging Face's Dinov2WithRegisters, timm. */
export const ANTIALIASED_POSITIONS: PositionRule = { antialias: true, offset: 0, ofCls: true };

const DINO_START: VitStart = { tokens: 0.02, layerScale: 1 };
const DINOV2_START: VitStart = { tokens: 1e-6, layerScale: 1e-5 };
