/** The shapes of the networks, as facebookresearch/dino's vision_transformer.py has them. */

export interface VitSpec {
  readonly patchSize: number;
  readonly inChans: number;
  /** Side in pixels of the square image for which the position embedding is stored. */
  readonly imageSize: number;
  readonly embedDim: number;
  readonly depth: number;
  readonly numHeads: number;
}

export interface HeadSpec {
  readonly inDim: number;
  readonly hiddenDim: number;
  readonly bottleneckDim: number;
  /** K, the number of prototypes. */
  readonly outDim: number;
  /** Whether the norm of each prototype stays 1 (weight_g frozen). */
  readonly normLastLayer: boolean;
}

export interface NetworkSpec {
  readonly vit: VitSpec;
  readonly head: HeadSpec;
}

export const MLP_RATIO = 4;

export const patchesPerSide = (vit: Pick<VitSpec, 'patchSize'>, side: number): number =>
  Math.floor(side / vit.patchSize);
