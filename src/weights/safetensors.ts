/**
 * The safetensors format (huggingface/safetensors): 8 bytes of header length, a JSON header that gives each tensor's
 * dtype, shape and place, then the values, little-endian. Numbers are stored as they are in memory, so a tensor comes
 * back bit for bit.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { fileProblem } from '../files/fileProblem.js';
import { type NamedHostTensors, type NamedSpecs, sizeOf } from '../method/program.js';
import { ELEMENT_TYPES, type ElementType, hostTensorOf } from './elements.js';

const LENGTH_BYTES = 8;
/** The limit of the reference implementation: a header that claims more is not a header. */
const MAX_HEADER_BYTES = 100_000_000;

const extent = z.int().min(0);
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(extent),
  data_offsets: z.tuple([extent, extent]),
});
const headerSchema = z.record(z.string(), z.union([entrySchema, z.record(z.string(), z.string())]));

interface Entry {
  readonly name: string;
  readonly element: ElementType;
  readonly shape: readonly number[];
  /** Place of the first byte and of the one behind the last, in the file. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** Names and shapes, in the order of their places in the file; dtypes as they will be after reading. */
  readonly tensors: NamedSpecs;
  /** The text pairs of `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * All tensors of the file. F64, F16 and BF16 become float32; I64, U8, BOOL and the like become int32.
 * @throws Error with one sentence that names the file and what is wrong with it (a truncated file: both sizes)
 */
export function readSafetensors(path: string): NamedHostTensors {
  return withFile(path, (file, size) => {
    const tensors = readHeader(path, file, size).entries.map(({ name, element, shape, begin, end }) => {
      const bytes = readBytes(path, file, begin, end);
      return [name, hostTensorOf(element, shape, bytes, `${name} of ${path}`)] as const;
    });
    return Object.fromEntries(tensors);
  });
}

/** Names, shapes and metadata alone, without reading the values. Errors as {@link readSafetensors}. */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  return withFile(path, (file, size) => {
    const { entries, metadata } = readHeader(path, file, size);
    return {
      tensors: Object.fromEntries(
        entries.map(({ name, element, shape }) => [name, { shape, dtype: ELEMENT_TYPES[element].dtype }]),
      ),
      metadata,
    };
  });
}

/**
 * Writes the tensors (float32 as F32, int32 as I32) and has the disk keep them. The header is padded to 8 bytes as the
 * reference implementation does, and the tensors follow in order of name without gaps.
 * @throws the file system's own error, for the caller to say what could not be saved
 */
export async function writeSafetensors(
  path: string,
  tensors: NamedHostTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  const values: Uint8Array[] = [];
  let place = 0;
  for (const [name, { data, shape, dtype }] of Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (data.length !== sizeOf(shape))
      throw new Error(`${name} has ${data.length} values, but its shape [${shape.join(', ')}] needs ${sizeOf(shape)}.`);
    const end = place + data.byteLength;
    header.push([name, { dtype: dtype === 'float32' ? 'F32' : 'I32', shape, data_offsets: [place, end] }]);
    values.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    place = end;
  }
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(padded);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(padded.length));

  const file = await open(path, 'w');
  try {
    for (const bytes of [length, padded, ...values]) await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function readHeader(path: string, file: number, size: number): { entries: Entry[]; metadata: Record<string, string> } {
  const broken = (what: string) => new Error(`${path} is not a valid safetensors file: ${what}.`);
  if (size < LENGTH_BYTES) throw truncated(path, size, LENGTH_BYTES);
  const claimed = readBytes(path, file, 0, LENGTH_BYTES).readBigUInt64LE();
  if (claimed > MAX_HEADER_BYTES) throw broken(`its header claims to be ${claimed} bytes long`);
  const dataStart = LENGTH_BYTES + Number(claimed);
  if (size < dataStart) throw truncated(path, size, dataStart);

  let json: unknown;
  try {
    json = JSON.parse(readBytes(path, file, LENGTH_BYTES, dataStart).toString('utf8'));
  } catch {
    throw broken('its header is not JSON');
  }
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) throw broken(`its header is wrong at ${parsed.error.issues[0]?.path.join('.') || 'the top'}`);

  const entries: Entry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed.data)) {
    if (name === '__metadata__') {
      metadata = z.record(z.string(), z.string()).parse(value);
      continue;
    }
    const entry = entrySchema.safeParse(value);
    if (!entry.success) throw broken(`its header is wrong at ${name}`);
    const { dtype, shape, data_offsets } = entry.data;
    if (!isElementType(dtype)) throw broken(`${name} has the type ${dtype}, which is not supported`);
    const [begin, end] = data_offsets;
    const needed = sizeOf(shape) * ELEMENT_TYPES[dtype].bytes;
    if (end - begin !== needed)
      throw broken(`${name} of shape [${shape.join(', ')}] needs ${needed} bytes, but has ${end - begin}`);
    entries.push({ name, element: dtype, shape, begin: dataStart + begin, end: dataStart + end });
  }

  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let place = dataStart;
  for (const { name, begin, end } of entries) {
    if (begin < place) throw broken(`${name} overlaps the tensor before it`);
    if (begin > place) throw broken(`there are ${begin - place} unused bytes before ${name}`);
    place = end;
  }
  if (size < place) throw truncated(path, size, place);
  if (size > place) throw broken(`${size - place} bytes follow its last tensor`);
  return { entries, metadata };
}

const truncated = (path: string, size: number, needed: number) =>
  new Error(
    `${path} is truncated: it has ${size} bytes, but at least ${needed} are needed; copy or download it again.`,
  );

const isElementType = (dtype: string): dtype is ElementType => Object.hasOwn(ELEMENT_TYPES, dtype);

function withFile<T>(path: string, read: (file: number, size: number) => T): T {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new Error(`${path} cannot be read: ${fileProblem(error)}.`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error(`${path} cannot be read: it is not a file.`);
    return read(file, stat.size);
  } finally {
    closeSync(file);
  }
}

/** A buffer of its own (not the pool's), so that typed arrays can lie directly on it. */
function readBytes(path: string, file: number, begin: number, end: number): Buffer {
  const bytes = Buffer.from(new ArrayBuffer(end - begin));
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(file, bytes, done, bytes.length - done, begin + done);
    if (count === 0) throw truncated(path, begin + done, end);
    done += count;
  }
  return bytes;
}
