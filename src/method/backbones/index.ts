/** Every backbone, by its kind. */
import type { Backbone } from '../backbone.js';
import { resnet } from './resnet/resnet.js';
import type { ResNetSpec } from './resnet/spec.js';
import type { VitSpec } from './vit/spec.js';
import { vit } from './vit/vit.js';

export type BackboneSpec = ({ readonly kind: 'vit' } & VitSpec) | ({ readonly kind: 'resnet' } & ResNetSpec);

export function backboneOf(spec: BackboneSpec): Backbone {
  switch (spec.kind) {
    case 'vit':
      return vit(spec);
    case 'resnet':
      return resnet(spec);
  }
}
