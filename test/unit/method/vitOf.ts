import type { BackboneSpec } from '../../../src/method/backbones/index.js';

/** @throws Error where the backbone is another */
export function vitOf(spec: BackboneSpec): Extract<BackboneSpec, { kind: 'vit' }> {
  if (spec.kind !== 'vit') throw new Error(`The backbone is a ${spec.kind}.`);
  return spec;
}
