import { join } from 'node:path';
import type { NamedHostTensors } from '../../../src/program/program.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { dict, tensor, writeLegacy, writeZip } from './torchFiles.js';

/** A torch file of these tensors; `around` puts its dictionary of tensors into what is saved. */
export function torchFile(
  tensors: NamedHostTensors,
  around: (state: Buffer, entries: Readonly<Record<string, Buffer>>) => Buffer = (state) => state,
  format: 'zip' | 'legacy' = 'zip',
): string {
  const path = join(temporaryFolder(), 'weights.pth');
  const storages: Record<string, { length: number; bytes: Uint8Array }> = {};
  const pairs = Object.entries(tensors).map(([name, { shape, data }], i) => {
    storages[i] = { length: data.length, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const value = tensor({ key: String(i), length: data.length, shape, strides, legacy: format === 'legacy' });
    return [name, value] as const;
  });
  const entries = Object.fromEntries(pairs);
  const root = around(dict(entries), entries);
  if (format === 'legacy') writeLegacy(path, root, storages);
  else writeZip(path, root, Object.fromEntries(Object.entries(storages).map(([key, { bytes }]) => [key, bytes])));
  return path;
}
