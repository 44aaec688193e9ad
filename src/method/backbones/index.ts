/** Every backbone, by its kind. */
import type { Backbone } from '../backbone.js';
import type { VitSpec } from './vit/spec.js';
import { vit } from './vit/vit.js';

export type BackboneSpec = { readonly kind: 'vit' } & VitSpec;

export function backboneOf(spec: BackboneSpec): Backbone {
  switch (spec.kind) {
    case 'vit':
      return vit(spec);
  }
}
