/** The shape of a Vision Transformer, of all that facebookresearch's dino and dinov2, timm and Hugging Face have under this name. */
export interface VitSpec extends VitSizes {
  /** Register tokens (arXiv 2309.16588), between CLS and the patches, without positions. 0: none. */
  readonly registers: number;
  /** Whether each residual branch is multiplied by a vector of gains (arXiv 2103.17239): `ls1.gamma` and `ls2.gamma`. */
  readonly layerScale: boolean;
  readonly mlp: VitMlp;
  readonly qkvBias: boolean;
  /** Of what follows the attention's heads, `attn.proj`. */
  readonly projBias: boolean;
  readonly mlpBias: boolean;
  /** Whether there is a `mask_token`, which takes the place of masked patches. */
  readonly maskToken: boolean;
  /** What LayerNorm adds to the variance. */
  readonly normEps: number;
  readonly positions: PositionRule;
  readonly start: VitStart;
}

/** What a size of a ViT is called by. */
export interface VitSizes {
  readonly patchSize: number;
  readonly inChans: number;
  /** Side in pixels of the square image for which the position embedding is stored. */
  readonly imageSize: number;
  readonly embedDim: number;
  readonly depth: number;
  readonly numHeads: number;
}

export interface VitMlp {
  /** `gelu`: `fc1`, GELU, `fc2`. `swiglu` (arXiv 2002.05202): `w12` gives gate and value, `w3` takes SiLU(gate) times value. */
  readonly kind: 'gelu' | 'swiglu';
  /** What the last of its layers takes. */
  readonly hiddenDim: number;
}

/**
 * How stored positions are resampled to another grid: bicubic, corners not aligned. An image that is square and has as many patches as
 * there are positions takes them as they are; one of another shape does not, even where the number is the same.
 */
export interface PositionRule {
  /**
   * false: four samples, a = -0.75, those beyond the border being the border's. true: a = -0.5, wider where the grid shrinks, what lies
   * beyond the border left out and the rest scaled to a sum of 1.
   */
  readonly antialias: boolean;
  /** What is added to the number of patches before the step is computed from it: .1 or 0. */
  readonly offset: number;
  /** Whether the first stored position is the CLS token's; else that has none. */
  readonly ofCls: boolean;
}

/** How a training starts where networks of the same shape differ. Weights do not tell it. */
export interface VitStart {
  /** Standard deviation of CLS and registers. */
  readonly tokens: number;
  /** Of all gains of LayerScale. */
  readonly layerScale: number;
}

export const patchesPerSide = (vit: Pick<VitSpec, 'patchSize'>, side: number): number =>
  Math.floor(side / vit.patchSize);

/** Whether images of the training have pixels at the right and at the bottom that fill no patch. */
export const hasRest = ({ imageSize, patchSize }: Pick<VitSpec, 'imageSize' | 'patchSize'>): boolean =>
  imageSize % patchSize !== 0;

/** The tokens that stand before the patches: CLS and the registers. */
export const tokensBeforePatches = ({ registers }: Pick<VitSpec, 'registers'>): number => 1 + registers;
