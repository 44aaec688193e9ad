/** Every backbone, by its kind. */
import type { Backbone } from '../backbone.js';
import { resnet } from './resnet/resnet.js';
import type { ResNetSpec } from './resnet/spec.js';
import type { VitSpec } from './vit/spec.js';
import { vit } from './vit/vit.js';

export type BackboneSpec = ({ readonly kind: 'vit' } & VitSpec) | ({ readonly kind: 'resnet' } & ResNetSpec);

/** @throws Error where the backbone is another: attention is a ViT's alone */
export function vitOf(spec: BackboneSpec): Extract<BackboneSpec, { kind: 'vit' }> {
  if (spec.kind !== 'vit')
    throw new Error('This network is a ResNet, which has no attention: choose a Vision Transformer.');
  return spec;
}

export function backboneOf(spec: BackboneSpec): Backbone {
  switch (spec.kind) {
    case 'vit':
      return vit(spec);
    case 'resnet':
      return resnet(spec);
  }
}
