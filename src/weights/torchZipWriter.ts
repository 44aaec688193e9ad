/** Writes the zip that torch.save writes since torch 1.6: the same parts, from the same tensors always the same bytes. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { sizeOf } from '../program/program.js';
import { ELEMENT_TYPES, type ElementType, rowMajor } from './elements.js';
import type { NamedOutgoing, OutgoingTensor } from './outgoing.js';
import { type Made, ORDERED_DICT, pickled, type Writable } from './pickle/writer.js';

/** A dictionary of tensors (a `state_dict`), or of such dictionaries by their names. */
export type Checkpoint =
  | { readonly tensors: NamedOutgoing }
  | { readonly networks: Readonly<Record<string, NamedOutgoing>> };

/** What torch calls the storages of these. */
const STORAGES: Partial<Readonly<Record<ElementType, string>>> = {
  F32: 'FloatStorage',
  I32: 'IntStorage',
  I64: 'LongStorage',
};

const FOLDER = 'archive';
/** Of torch's file format, not of torch. */
const VERSION = '3\n';
/** The first that zip knows; read in the same way everywhere. */
const WRITTEN_AT = new Date(1980, 0, 1);

/** @throws the file system's own error, for the caller to say what could not be saved */
export async function writeTorchZip(path: string, checkpoint: Checkpoint): Promise<void> {
  const storages: Uint8Array[] = [];
  const root = rootOf(checkpoint, storages);
  const zip = new ZipFile();
  const add = (name: string, bytes: Uint8Array) =>
    zip.addBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), `${FOLDER}/${name}`, {
      compress: false,
      mtime: WRITTEN_AT,
      forceDosTimestamp: true,
    });
  add('data.pkl', pickled(root));
  add('byteorder', Buffer.from('little'));
  storages.forEach((bytes, key) => {
    add(`data/${key}`, bytes);
  });
  add('version', Buffer.from(VERSION));
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

function rootOf(checkpoint: Checkpoint, storages: Uint8Array[]): Writable {
  if ('tensors' in checkpoint) return stateDict(checkpoint.tensors, storages);
  const networks = Object.entries(checkpoint.networks);
  return { ordered: false, entries: networks.map(([name, tensors]) => [name, stateDict(tensors, storages)]) };
}

const stateDict = (tensors: NamedOutgoing, storages: Uint8Array[]): Writable => ({
  ordered: true,
  entries: Object.entries(tensors).map(([name, tensor]) => [name, tensorOf(tensor, storages)]),
});

/** torch/_utils.py, `_rebuild_tensor_v2`: storage, offset, size, stride, whether it has a gradient, hooks. */
function tensorOf({ element, shape, bytes }: OutgoingTensor, storages: Uint8Array[]): Made {
  const name = STORAGES[element];
  if (name === undefined) throw new Error(`A PyTorch checkpoint is not written with ${element} values.`);
  const key = storages.push(bytes) - 1;
  if (bytes.length !== sizeOf(shape) * ELEMENT_TYPES[element].bytes)
    throw new Error(`A tensor of shape [${shape.join(', ')}] cannot have ${bytes.length} bytes of ${element}.`);
  const storage = { outside: ['storage', { global: ['torch', name] }, String(key), 'cpu', sizeOf(shape)] } as const;
  return {
    make: { global: ['torch._utils', '_rebuild_tensor_v2'] },
    of: [storage, 0, shape, rowMajor(shape), false, { make: ORDERED_DICT, of: [] }],
  };
}
