/** The reference's small ViT in plain names, and what tests make of it. */
import { join } from 'node:path';
import type { HostTensor, NamedHostTensors } from '../../../src/program/program.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';

export const REFERENCE = join(import.meta.dirname, '../../reference');
const TEACHER = Object.entries(readSafetensors(join(REFERENCE, 'tiny-vit/teacher_final.safetensors')));
/** Of a ViT 48 wide and 3 deep. */
export const VIT: NamedHostTensors = below(TEACHER, 'backbone.');
export const HEAD: NamedHostTensors = below(TEACHER, 'head.');

export function below(tensors: readonly [string, HostTensor][], prefix: string): NamedHostTensors {
  return Object.fromEntries(
    tensors.flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])),
  );
}

export const named = (tensors: NamedHostTensors, name: (old: string) => string): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([old, tensor]) => [name(old), tensor]));
export const behind = (prefix: string, tensors = VIT) => named(tensors, (name) => prefix + name);
export const filled = (...shape: number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(0.5),
});
export const inBlocks = (names: readonly string[]): NamedHostTensors =>
  Object.fromEntries([0, 1, 2].flatMap((block) => names.map((name) => [`blocks.${block}.${name}`, filled(48)])));
