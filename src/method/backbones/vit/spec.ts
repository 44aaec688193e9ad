/** The shape of a Vision Transformer, as facebookresearch/dino's vision_transformer.py has it. */
export interface VitSpec {
  readonly patchSize: number;
  readonly inChans: number;
  /** Side in pixels of the square image for which the position embedding is stored. */
  readonly imageSize: number;
  readonly embedDim: number;
  readonly depth: number;
  readonly numHeads: number;
}

export const MLP_RATIO = 4;

export const patchesPerSide = (vit: Pick<VitSpec, 'patchSize'>, side: number): number =>
  Math.floor(side / vit.patchSize);
