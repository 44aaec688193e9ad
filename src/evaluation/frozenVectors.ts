/** The vectors that a linear probe classifies: of a ViT the CLS tokens of the last blocks, and the mean patch if wanted. */
import { type BackboneSpec, backboneOf } from '../method/backbones/index.js';
import { vectorsProgram } from '../method/backbones/vit/programs.js';
import { featuresProgram } from '../method/features.js';
import { counted } from '../text/counted.js';
import type { VectorsOf } from './features.js';

export interface FrozenVectors {
  readonly blocks: number;
  readonly avgpool: boolean;
}

/** As the original advises: the last 4 blocks of a small ViT, the last one and the mean patch of a base one. */
export function usualVectors(backbone: BackboneSpec): FrozenVectors {
  if (backbone.kind !== 'vit') return { blocks: 1, avgpool: false };
  return backbone.embedDim < 768
    ? { blocks: Math.min(4, backbone.depth), avgpool: false }
    : { blocks: 1, avgpool: true };
}

/** @throws Error with one sentence when the backbone has no such vectors */
export function vectorsOf(backbone: BackboneSpec, { blocks, avgpool }: FrozenVectors): VectorsOf {
  if (backbone.kind !== 'vit') {
    if (blocks > 1 || avgpool)
      throw new Error('A ResNet has one feature vector an image: leave out --blocks and --avgpool.');
    return { dim: backboneOf(backbone).dim, program: (images) => featuresProgram(backbone, images), output: 'cls' };
  }
  if (blocks > backbone.depth)
    throw new Error(
      `The network has ${counted(backbone.depth, 'block')}: the vectors of the last ${blocks} cannot be taken.`,
    );
  if (avgpool && blocks > 1)
    throw new Error(
      `The mean patch goes with the last block alone, as in the original: --blocks is ${blocks}, but must be 1 with --avgpool.`,
    );
  return {
    dim: backbone.embedDim * (blocks + (avgpool ? 1 : 0)),
    program: (images) => vectorsProgram(backbone, images, { blocks, avgpool }),
    output: 'vectors',
  };
}
