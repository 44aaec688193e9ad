/**
 * The safetensors format (huggingface/safetensors): 8 bytes of header length, a JSON header that gives each tensor's
 * dtype, shape and place, then the values, little-endian. Numbers are stored as they are in memory, so a tensor comes
 * back bit for bit.
 */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { errorMessage } from '../errors/errorMessage.js';
import {
  type HostTensor,
  type NamedHostTensors,
  type NamedSpecs,
  sizeOf,
  type TensorSpec,
} from '../program/program.js';
import { ELEMENT_TYPES, hostTensorOf, isElementType } from './elements.js';
import { aboutFile, FileFault, OpenFile, TruncatedError } from './openFile.js';
import type { NamedOutgoing, OutgoingTensor } from './outgoing.js';
import { FileTensor, type StoredTensor } from './storedTensor.js';

const LENGTH_BYTES = 8;
/** The limit of the reference implementation: a header that claims more is not a header. */
const MAX_HEADER_BYTES = 100_000_000;

const extent = z.int().min(0);
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(extent),
  data_offsets: z.tuple([extent, extent]),
});
const metadataSchema = z.record(z.string(), z.string());
/** Its values are looked at one by one: `z.record` would drop a tensor named `__proto__`. */
const headerSchema = z.custom<Readonly<Record<string, unknown>>>(
  (json) => typeof json === 'object' && json !== null && !Array.isArray(json),
);
const METADATA = '__metadata__';

/** The types of the format that this program does not read, with the bits of a value: they may stand beside a network. */
const OTHER_BITS = new Map(
  Object.entries({
    U16: 16,
    U32: 32,
    U64: 64,
    C64: 64,
    F8_E4M3: 8,
    F8_E5M2: 8,
    F8_E8M0: 8,
    F4: 4,
    F6_E2M3: 6,
    F6_E3M2: 6,
  }),
);

interface Entry {
  readonly name: string;
  /** An {@link ElementType}, or another of the format's. */
  readonly element: string;
  readonly shape: readonly number[];
  /** Place of the first byte and of the one behind the last, in the file. */
  readonly begin: number;
  readonly end: number;
}

/** Is given the bytes of a file as they are read or written, from the first to the last. */
export type Watcher = (bytes: Uint8Array) => void;

/**
 * All tensors of the file. F64, F16 and BF16 become float32; I64, U8, BOOL and the like become int32.
 * @param isWanted which of them are kept; the others pass through memory one by one
 * @throws Error with one sentence that names the file and what is wrong with it (a truncated file: both sizes)
 */
export function readSafetensors(
  path: string,
  watch?: Watcher,
  isWanted: (name: string) => boolean = () => true,
): NamedHostTensors {
  return withFile(path, (file) => {
    const tensors = readHeader(file, watch).entries.flatMap(({ name, element, shape, begin, end }) => {
      if (!isElementType(element)) throw invalid(`${name} has the type ${element}, which is not supported`);
      const bytes = file.read(begin, end - begin);
      watch?.(bytes);
      if (!isWanted(name)) return [];
      try {
        return [[name, hostTensorOf(element, shape, bytes, name)] as const];
      } catch (error) {
        throw invalid(errorMessage(error));
      }
    });
    return Object.fromEntries(tensors);
  });
}

/**
 * The tensors of a file whose bytes are in memory, and what it says of itself.
 * @throws FileFault
 */
export function parseSafetensors(bytes: Uint8Array): {
  readonly tensors: NamedHostTensors;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const { length: size } = bytes;
  const read = (begin: number, length: number) => {
    if (begin + length > size) throw new TruncatedError(size, begin + length);
    // A copy of its own, so that typed arrays can lie on it.
    return Uint8Array.from(bytes.subarray(begin, begin + length));
  };
  const { entries, metadata } = readHeader({ size, read });
  const tensors = entries.map(({ name, element, shape, begin, end }) => {
    if (!isElementType(element)) throw invalid(`${name} has the type ${element}, which is not supported`);
    return [name, hostTensorOf(element, shape, read(begin, end - begin), name)] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

interface StoredSafetensors {
  /** Of whatever type, none of them read yet. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What the file says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What an open file has. @throws FileFault */
export function storedSafetensors(file: OpenFile): StoredSafetensors {
  const { entries, metadata } = readHeader(file);
  const tensors = new Map(
    entries.map(({ name, element, shape, begin, end }) => [
      name,
      new FileTensor(file, element, shape, () => ({ begin, length: end - begin })),
    ]),
  );
  return { tensors, metadata };
}

/**
 * Writes the tensors (float32 as F32, int32 as I32) and has the disk keep them. The header is padded to 8 bytes as the
 * reference implementation does, and the tensors follow in order of name without gaps.
 * @throws the file system's own error, for the caller to say what could not be saved
 */
export function writeSafetensors(path: string, tensors: NamedHostTensors): Promise<void> {
  return streamSafetensors(path, tensors, (name) => tensors[name] as HostTensor);
}

/**
 * The same of tensors that come one at a time.
 * @param read is asked for each tensor when its turn comes
 */
export function streamSafetensors(
  path: string,
  specs: NamedSpecs,
  read: (name: string) => HostTensor | Promise<HostTensor>,
  watch?: Watcher,
): Promise<void> {
  const bytesOf = async (name: string) => {
    const { data } = await read(name);
    const { shape } = specs[name] as TensorSpec;
    if (data.length !== sizeOf(shape))
      throw new Error(`${name} has ${data.length} values, but its shape [${shape.join(', ')}] needs ${sizeOf(shape)}.`);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  };
  return streamElements(path, elementsOf(specs), bytesOf, { watch });
}

/** Writes tensors of any type that this program reads, for other programs: `metadata` is what these expect to be said of the file. */
export function writeSafetensorsFor(
  path: string,
  tensors: NamedOutgoing,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  return streamElements(path, tensors, (name) => (tensors[name] as OutgoingTensor).bytes, { metadata });
}

type Elements = Readonly<Record<string, Pick<OutgoingTensor, 'element' | 'shape'>>>;
interface Placed extends Pick<OutgoingTensor, 'element' | 'shape'> {
  readonly name: string;
  /** Bytes of a value. */
  readonly width: number;
}

async function streamElements(
  path: string,
  tensors: Elements,
  bytesOf: (name: string) => Uint8Array | Promise<Uint8Array>,
  { metadata, watch }: { readonly metadata?: Readonly<Record<string, string>>; readonly watch?: Watcher | undefined },
): Promise<void> {
  const file = await open(path, 'w');
  const write = async (bytes: Uint8Array) => {
    watch?.(bytes);
    await file.writeFile(bytes);
  };
  try {
    const entries = inOrder(tensors);
    await write(headerOf(entries, metadata));
    for (const { name } of entries) await write(await bytesOf(name));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What comes before the values, which follow in order of name without gaps. */
export const safetensorsHeader = (specs: NamedSpecs, metadata?: Readonly<Record<string, string>>): Buffer =>
  headerOf(inOrder(elementsOf(specs)), metadata);

const elementsOf = (specs: NamedSpecs): Elements =>
  Object.fromEntries(
    Object.entries(specs).map(
      ([name, { shape, dtype }]) => [name, { shape, element: dtype === 'float32' ? 'F32' : 'I32' }] as const,
    ),
  );

/** The widest values come first, as the reference implementation has them, so that each tensor lies at a multiple of their width. */
function inOrder(tensors: Elements): Placed[] {
  const entries = Object.entries(tensors).map(([name, { element, shape }]) => ({
    name,
    element,
    shape,
    width: ELEMENT_TYPES[element].bytes,
  }));
  return entries.sort((a, b) => b.width - a.width || (a.name < b.name ? -1 : 1));
}

function headerOf(entries: readonly Placed[], metadata?: Readonly<Record<string, string>>): Buffer {
  const header: [string, unknown][] = metadata === undefined ? [] : [[METADATA, metadata]];
  let place = 0;
  for (const { name, element, shape, width } of entries) {
    const end = place + sizeOf(shape) * width;
    header.push([name, { dtype: element, shape, data_offsets: [place, end] }]);
    place = end;
  }
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const whole = Buffer.alloc(LENGTH_BYTES + Math.ceil(text.length / 8) * 8, ' ');
  whole.writeBigUInt64LE(BigInt(whole.length - LENGTH_BYTES));
  text.copy(whole, LENGTH_BYTES);
  return whole;
}

const invalid = (what: string) => new FileFault(`is not a valid safetensors file: ${what}`);

interface Header {
  /** In the order of their places, which have no gaps: they are all of the file behind its header. */
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

function readHeader(file: Pick<OpenFile, 'size' | 'read'>, watch?: Watcher): Header {
  const { size } = file;
  const first = file.read(0, LENGTH_BYTES);
  const claimed = Buffer.from(first).readBigUInt64LE();
  if (claimed > MAX_HEADER_BYTES) throw invalid(`its header claims to be ${claimed} bytes long`);
  const dataStart = LENGTH_BYTES + Number(claimed);

  const header = file.read(LENGTH_BYTES, Number(claimed));
  watch?.(first);
  watch?.(header);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(header).toString('utf8'));
  } catch {
    throw invalid('its header is not JSON');
  }
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) throw invalid('its header is wrong at the top');

  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(parsed.data)) {
    if (name === METADATA) continue;
    const entry = entrySchema.safeParse(value);
    if (!entry.success) throw invalid(`its header is wrong at ${name}`);
    const { dtype, shape, data_offsets } = entry.data;
    const bits = isElementType(dtype) ? 8 * ELEMENT_TYPES[dtype].bytes : OTHER_BITS.get(dtype);
    if (bits === undefined) throw invalid(`${name} has the type ${dtype}, which safetensors does not have`);
    const [begin, end] = data_offsets;
    const needed = Math.ceil((sizeOf(shape) * bits) / 8);
    if (end - begin !== needed)
      throw invalid(`${name} of shape [${shape.join(', ')}] needs ${needed} bytes, but has ${end - begin}`);
    entries.push({ name, element: dtype, shape, begin: dataStart + begin, end: dataStart + end });
  }

  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let place = dataStart;
  for (const { name, begin, end } of entries) {
    if (begin < place) throw invalid(`${name} overlaps the tensor before it`);
    if (begin > place) throw invalid(`there are ${begin - place} unused bytes before ${name}`);
    place = end;
  }
  if (size < place) throw new TruncatedError(size, place);
  if (size > place) throw invalid(`${size - place} bytes follow its last tensor`);
  const metadata = metadataSchema.safeParse(parsed.data[METADATA] ?? {});
  if (!metadata.success) throw invalid(`its header is wrong at ${METADATA}`);
  return { entries, metadata: metadata.data };
}

function withFile<T>(path: string, read: (file: OpenFile) => T): T {
  const file = new OpenFile(path);
  try {
    return read(file);
  } catch (error) {
    throw aboutFile(path, error);
  } finally {
    file.close();
  }
}
