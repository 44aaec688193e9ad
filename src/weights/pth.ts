/**
 * PyTorch's checkpoint files: the zip of torch 1.6 and later, and the older sequence of pickles. Only tensors and plain
 * data come out of one; a file that names anything else is refused, because loading such a file in Python would run it.
 * (Formats: torch/serialization.py, `_load` and `_legacy_load`.)
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { fileProblem } from '../files/fileProblem.js';
import { type HostTensor, sizeOf } from '../method/program.js';
import { ELEMENT_TYPES, type ElementType, hostTensorOf } from './elements.js';
import { type PickleContext, type PickleGlobal, PickleTruncatedError, unpickle } from './pickle.js';

/** Where a tensor's values lie in the file. */
export class StoredTensor {
  constructor(
    readonly storage: Storage,
    /** Of the first value in the storage, in values. */
    readonly offset: number,
    readonly shape: readonly number[],
    /** In values. */
    readonly strides: readonly number[],
  ) {}
}

class Storage {
  constructor(
    readonly element: ElementType,
    readonly key: string,
    /** In values. */
    readonly length: number,
    /** Of a view into another storage (older files only), in values. */
    readonly offset: number,
  ) {}
}

export interface PthFile {
  /** What was saved: maps (dictionaries, argparse namespaces), arrays, numbers, strings, and tensors not read yet. */
  readonly root: unknown;
  /** Reads one tensor's values. */
  read(tensor: StoredTensor, name: string): Promise<HostTensor>;
  close(): void;
}

/**
 * Opens a `.pth` file and reads its structure; the tensors' values are read one by one when asked for.
 * @throws Error naming the file and what is wrong with it, or what it names that is no plain data
 */
export async function openPth(path: string): Promise<PthFile> {
  const start = firstBytes(path);
  if (start.subarray(0, 4).equals(Buffer.from('PK\x03\x04'))) return openZip(path);
  if (start[0] === 0x80) return openLegacy(path);
  throw new Error(`${path} is not a PyTorch checkpoint: it is neither a zip file nor a pickle.`);
}

async function openZip(path: string): Promise<PthFile> {
  let zip: ZipFile;
  const entries = new Map<string, Entry>();
  try {
    zip = await openPromise(path, { autoClose: false });
  } catch (error) {
    throw new Error(`${path} is truncated or damaged: ${fileProblem(error)}; copy or download it again.`);
  }
  try {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
    const pickleName = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
    if (pickleName === undefined) throw new Error('it has no data.pkl, so it is not a PyTorch checkpoint');
    const folder = pickleName.slice(0, -'data.pkl'.length);
    const readEntry = async (name: string, bytes?: number): Promise<Uint8Array> => {
      const entry = entries.get(folder + name);
      if (!entry) throw new Error(`its part ${name} is missing`);
      // Both are checked before anything is read, so that a small file cannot claim much memory.
      if (entry.uncompressedSize > zip.fileSize) throw new TruncatedError(zip.fileSize, entry.uncompressedSize);
      if (entry.compressionMethod !== 0) throw new Error(`its part ${name} is compressed, as PyTorch never does`);
      if (bytes !== undefined && entry.uncompressedSize !== bytes)
        throw new Error(`its part ${name} should have ${bytes} bytes, but has ${entry.uncompressedSize}`);
      return readStored(zip, entry);
    };
    if (entries.has(`${folder}byteorder`)) requireLittleEndian(Buffer.from(await readEntry('byteorder')).toString());
    const root = unpickle(await readEntry('data.pkl'), torchContext()).value;
    // Tensors of one storage mostly follow each other.
    let last: { key: string; bytes: Uint8Array } | undefined;
    return {
      root,
      async read({ storage, offset, shape, strides }, name) {
        try {
          const size = storage.length * ELEMENT_TYPES[storage.element].bytes;
          const bytes = last?.key === storage.key ? last.bytes : await readEntry(`data/${storage.key}`, size);
          // A tensor that is its whole storage may lie on these very bytes: no other tensor must get them.
          last = sizeOf(shape) < storage.length ? { key: storage.key, bytes } : undefined;
          return hostTensorOf(storage.element, shape, bytes, name, strides, offset);
        } catch (error) {
          throw unreadable(path, error);
        }
      },
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw unreadable(path, error);
  }
}

/** The first four pickles of an older file say what it is; the fifth lists the storages, which follow. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;

function openLegacy(path: string): PthFile {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const { root, keys, lengths, next } = readLegacyPickles(file, size);
    const places = new Map<string, { begin: number; length: number }>();
    let place = next;
    for (const key of keys) {
      const element = lengths.get(key);
      if (!element) throw new Error(`its storage ${key} is not used by any tensor`);
      const length = Number(Buffer.from(readAt(file, size, place, 8)).readBigInt64LE());
      if (length !== element.length)
        throw new Error(`its storage ${key} should have ${element.length} values, but has ${length}`);
      places.set(key, { begin: place + 8, length });
      place += 8 + length * ELEMENT_TYPES[element.element].bytes;
    }
    if (place > size) throw new TruncatedError(size, place);
    return {
      root,
      async read({ storage, offset, shape, strides }, name) {
        try {
          const stored = places.get(storage.key);
          if (!stored) throw new Error(`its storage ${storage.key} is missing`);
          const bytes = readAt(file, size, stored.begin, stored.length * ELEMENT_TYPES[storage.element].bytes);
          return hostTensorOf(storage.element, shape, bytes, name, strides, storage.offset + offset);
        } catch (error) {
          throw unreadable(path, error);
        }
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw unreadable(path, error);
  }
}

interface LegacyStructure {
  readonly root: unknown;
  readonly keys: readonly string[];
  readonly lengths: ReadonlyMap<string, { element: ElementType; length: number }>;
  readonly next: number;
}

function readLegacyPickles(file: number, size: number): LegacyStructure {
  // Where the pickles end is known only once they are read: a part of the file is tried, then more of it.
  for (let window = 1 << 20; ; window *= 4) {
    const bytes = readAt(file, size, 0, Math.min(window, size));
    const lengths = new Map<string, { element: ElementType; length: number }>();
    const context = torchContext((key, element, length) => lengths.set(key, { element, length }));
    let next = 0;
    const pickle = (): unknown => {
      const result = unpickle(bytes, context, next);
      next = result.next;
      return result.value;
    };
    try {
      if (pickle() !== LEGACY_MAGIC || pickle() !== LEGACY_PROTOCOL) throw new Error('it is not a PyTorch checkpoint');
      const system = pickle();
      if (system instanceof Map) requireLittleEndian(system.get('little_endian') === false ? 'big' : 'little');
      const root = pickle();
      const keys = pickle();
      if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string'))
        throw new Error('its list of storages is damaged');
      return { root, keys, lengths, next };
    } catch (error) {
      if (!(error instanceof PickleTruncatedError) || bytes.length === size) throw error;
    }
  }
}

/** The number formats by the name of torch's storage classes. */
const STORAGE_TYPES: Readonly<Record<string, ElementType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

const TORCH_DTYPES = new Set(
  'float64 float32 float16 bfloat16 double float half int64 int32 int16 int8 uint8 bool long int short'.split(' '),
);

/** Everything that a checkpoint may name; what each is to the reader. */
const GLOBALS: Readonly<Record<string, Omit<PickleGlobal, 'name'>>> = {
  'collections.OrderedDict': { make: ([pairs]) => new Map(asPairs(pairs)) },
  'argparse.Namespace': { make: () => new Map(), setState: copyInto },
  'torch._utils._rebuild_tensor': { make: rebuildTensor },
  'torch._utils._rebuild_tensor_v2': { make: rebuildTensor },
  'torch._utils._rebuild_parameter': { make: ([tensor]) => tensor },
  'torch._utils._rebuild_parameter_with_state': { make: ([tensor]) => tensor },
  'torch.Size': { make: ([extents]) => extents },
  'torch.device': { make: (parts) => parts.join(':') },
  'pathlib.PosixPath': { make: (parts) => parts.join('/') },
  'pathlib.WindowsPath': { make: (parts) => parts.join('\\') },
  'numpy.dtype': { make: ([code]) => ({ numpyType: code }) },
  'numpy.core.multiarray.scalar': { make: numpyScalar },
  'numpy._core.multiarray.scalar': { make: numpyScalar },
  // How protocol 2 writes bytes: as text of code points 0 to 255.
  '_codecs.encode': { make: ([text]) => Uint8Array.from(Buffer.from(asText(text), 'latin1')) },
};

function torchContext(
  onStorage: (key: string, element: ElementType, length: number) => void = () => {},
): PickleContext {
  return {
    global(module, name) {
      const full = `${module}.${name}`;
      const known = GLOBALS[full];
      if (known && Object.hasOwn(GLOBALS, full)) return { name: full, ...known };
      if (module === 'torch' && (Object.hasOwn(STORAGE_TYPES, name) || TORCH_DTYPES.has(name))) return { name: full };
      throw new Error(
        `it names ${full}, which is neither a tensor nor plain data: such a file could run a program when Python loads it, so it is refused`,
      );
    },
    persistent(id) {
      if (!Array.isArray(id) || id[0] !== 'storage') throw new Error('it refers to something that is not a storage');
      const [, type, key, , length, view] = id as readonly unknown[];
      const element = STORAGE_TYPES[isNamed(type) ? type.name.replace(/^torch\./, '') : ''];
      if (!element || typeof key !== 'string' || !isCount(length)) throw new Error('one of its storages is damaged');
      onStorage(key, element, length);
      const offset = Array.isArray(view) ? (view as readonly unknown[])[1] : 0;
      if (!isCount(offset)) throw new Error('one of its storages is damaged');
      return new Storage(element, key, length, offset);
    },
  };
}

function rebuildTensor([storage, offset, shape, strides]: readonly unknown[]): StoredTensor {
  if (
    !(storage instanceof Storage) ||
    !isCount(offset) ||
    !isCounts(shape) ||
    !isCounts(strides) ||
    shape.length !== strides.length
  )
    throw new Error('one of its tensors is damaged');
  return new StoredTensor(storage, offset, shape, strides);
}

function numpyScalar([type, bytes]: readonly unknown[]): unknown {
  const code = typeof type === 'object' && type !== null && 'numpyType' in type ? type.numpyType : undefined;
  if (!(bytes instanceof Uint8Array)) throw new Error('one of its numbers is damaged');
  const element = (
    { f8: 'F64', f4: 'F32', f2: 'F16', i8: 'I64', i4: 'I32', i2: 'I16', i1: 'I8', u1: 'U8', b1: 'BOOL' } as const
  )[String(code)];
  if (!element || bytes.length !== ELEMENT_TYPES[element].bytes)
    throw new Error(`its number type ${String(code)} is not supported`);
  return ELEMENT_TYPES[element].read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
}

function copyInto(value: unknown, state: unknown): void {
  if (value instanceof Map && state instanceof Map) for (const [key, item] of state) value.set(key, item);
}

const isNamed = (value: unknown): value is PickleGlobal =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');
const asPairs = (value: unknown): [unknown, unknown][] =>
  Array.isArray(value)
    ? value.filter((pair): pair is [unknown, unknown] => Array.isArray(pair) && pair.length === 2)
    : [];

function requireLittleEndian(order: string): void {
  if (order.trim() !== 'little') throw new Error('its numbers are big-endian, which is not supported');
}

class TruncatedError extends Error {
  constructor(size: number, needed: number) {
    super(`it is truncated: it has ${size} bytes, but at least ${needed} are needed; copy or download it again`);
  }
}

function unreadable(path: string, error: unknown): Error {
  const what =
    error instanceof PickleTruncatedError ? 'it is truncated; copy or download it again' : fileProblem(error);
  return new Error(`${path} cannot be read: ${what}.`);
}

function firstBytes(path: string): Buffer {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const bytes = Buffer.alloc(4);
    return bytes.subarray(0, readSync(file, bytes, 0, 4, 0));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${fileProblem(error)}.`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readAt(file: number, size: number, begin: number, length: number): Uint8Array {
  if (begin + length > size) throw new TruncatedError(size, begin + length);
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(file, bytes, done, length - done, begin + done);
    if (count === 0) throw new TruncatedError(begin + done, begin + length);
    done += count;
  }
  return bytes;
}

async function readStored(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  const bytes = new Uint8Array(entry.uncompressedSize);
  let done = 0;
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    const part = chunk as Uint8Array;
    bytes.set(part, done);
    done += part.length;
  }
  return bytes;
}
