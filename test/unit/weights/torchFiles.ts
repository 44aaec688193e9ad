/** PyTorch files by hand, so that a test can put anything into one. A pickle is built as Python's own pickler writes it. */
import { writeFileSync } from 'node:fs';

type Bytes = Buffer;
const join = (...parts: readonly Bytes[]): Bytes => Buffer.concat(parts);
const ascii = (text: string): Bytes => Buffer.from(text, 'latin1');
const uint32 = (value: number): Bytes => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const int32 = (value: number): Bytes => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

export const global = (module: string, name: string): Bytes => ascii(`c${module}\n${name}\n`);
export const text = (value: string): Bytes => join(ascii('X'), uint32(Buffer.byteLength(value)), Buffer.from(value));
export const integer = (value: number): Bytes => join(ascii('J'), value < 0 ? int32(value) : uint32(value));
export const float = (value: number): Bytes => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return join(ascii('G'), bytes);
};
export const truth = (value: boolean): Bytes => ascii(value ? '\x88' : '\x89');
export const tuple = (...items: readonly Bytes[]): Bytes => join(ascii('('), ...items, ascii('t'));
export const list = (...items: readonly Bytes[]): Bytes => join(ascii(']('), ...items, ascii('e'));
export const dict = (entries: Readonly<Record<string, Bytes>>): Bytes =>
  join(ascii('}('), ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]), ascii('u'));
export const call = (callee: Bytes, ...args: readonly Bytes[]): Bytes => join(callee, tuple(...args), ascii('R'));
export const namespace = (entries: Readonly<Record<string, Bytes>>): Bytes =>
  join(global('argparse', 'Namespace'), ascii(')\x81'), dict(entries), ascii('b'));
export const none = ascii('N');
export const pickle = (value: Bytes): Bytes => join(ascii('\x80\x02'), value, ascii('.'));

interface TensorOptions {
  readonly key: string;
  /** Values in the storage. */
  readonly length: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset?: number;
  readonly type?: string;
  /** Older files give each storage an entry for views. */
  readonly legacy?: boolean;
}

export function tensor({
  key,
  length,
  shape,
  strides,
  offset = 0,
  type = 'FloatStorage',
  legacy,
}: TensorOptions): Bytes {
  const view = legacy ? [none] : [];
  const storage = tuple(text('storage'), global('torch', type), text(key), text('cpu'), integer(length), ...view);
  const rebuild = global('torch._utils', '_rebuild_tensor_v2');
  const hooks = call(global('collections', 'OrderedDict'));
  const persistent = join(storage, ascii('Q'));
  return call(
    rebuild,
    persistent,
    integer(offset),
    tuple(...shape.map(integer)),
    tuple(...strides.map(integer)),
    ascii('\x89'),
    hooks,
  );
}

/** The zip file of torch 1.6 and later. */
export function writeZip(path: string, root: Bytes, storages: Readonly<Record<string, Uint8Array>> = {}): void {
  const files: Record<string, Uint8Array> = { 'archive/data.pkl': pickle(root), 'archive/byteorder': ascii('little') };
  for (const [key, bytes] of Object.entries(storages)) files[`archive/data/${key}`] = bytes;
  const local: Bytes[] = [];
  const central: Bytes[] = [];
  let place = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const both = Buffer.alloc(26);
    both.writeUInt16LE(20, 0);
    both.writeUInt32LE(bytes.length, 14);
    both.writeUInt32LE(bytes.length, 18);
    both.writeUInt16LE(name.length, 22);
    const header = join(ascii('PK\x03\x04'), both, ascii(name));
    local.push(header, Buffer.from(bytes));
    central.push(join(ascii('PK\x01\x02\x14\x00'), both, Buffer.alloc(10), uint32(place), ascii(name)));
    place += header.length + bytes.length;
  }
  const directory = join(...central);
  const counts = Buffer.alloc(8);
  counts.writeUInt16LE(central.length, 4);
  counts.writeUInt16LE(central.length, 6);
  const end = join(ascii('PK\x05\x06'), counts, uint32(directory.length), uint32(place), Buffer.alloc(2));
  writeFileSync(path, join(...local, directory, end));
}

/** The sequence of pickles of torch before 1.6 (and of `_use_new_zipfile_serialization=False`). */
export function writeLegacy(
  path: string,
  root: Bytes,
  storages: Readonly<Record<string, { length: number; bytes: Uint8Array }>>,
): void {
  const magic = join(ascii('\x8a\x0a'), Buffer.from('6cfc9c46f9206aa85019', 'hex'));
  const system = dict({ protocol_version: integer(1001), little_endian: ascii('\x88') });
  const keys = list(...Object.keys(storages).map(text));
  const data = Object.values(storages).map(({ length, bytes }) =>
    join(uint32(length), Buffer.alloc(4), Buffer.from(bytes)),
  );
  writeFileSync(path, join(...[magic, integer(1001), system, root, keys].map(pickle), ...data));
}
