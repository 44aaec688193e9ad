/** What `model` is in the code that loads an export: only its weights are in the file. */
import type { BackboneSpec } from '../method/backbones/index.js';

export function modelNote(backbone: BackboneSpec): string {
  const { inChans } = backbone;
  const shape =
    backbone.kind === 'vit'
      ? `a Vision Transformer of embed_dim ${backbone.embedDim}, depth ${backbone.depth}, num_heads ${backbone.numHeads}, patch_size ${backbone.patchSize}, for images of ${backbone.imageSize} pixels`
      : `a ResNet of ${backbone.layers.join(', ')} ${backbone.block} blocks, ${backbone.width} channels wide`;
  return `In the code that loads it, model is ${shape} and ${inChans} channels, which the original's code builds.`;
}
