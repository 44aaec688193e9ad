/** The ground truth of the revisited Oxford and Paris benchmarks: `gnd_roxford5k.pkl`, or the same as JSON. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { errorMessage } from '../../errors/errorMessage.js';
import { schemaProblem } from '../../errors/schemaProblem.js';
import { fileProblem } from '../../files/fileProblem.js';
import { counted } from '../../text/counted.js';
import { unpickle } from '../../weights/pickle/machine.js';
import { admit } from '../../weights/pickle/names.js';
import { entriesOf, PickledObject } from '../../weights/pickle/values.js';

const names = z.array(z.string());
const indices = z.array(z.int().min(0));
/** `bbx`, the benchmark's box in the query, is not used: the original takes queries whole. */
const schema = z.object({
  imlist: names.min(1),
  qimlist: names.min(1),
  gnd: z.array(z.object({ easy: indices, hard: indices, junk: indices })),
});

export type GroundTruth = z.output<typeof schema>;

/** @throws Error with one sentence that names the file and the place */
export async function readGroundTruth(path: string): Promise<GroundTruth> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new Error(`The ground truth ${path} cannot be read: ${fileProblem(error)}.`);
  });
  const content = contentOf(bytes, path);
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new Error(`The ground truth ${path} is wrong: ${schemaProblem(parsed.error, content)}.`);
  const { imlist, qimlist, gnd } = parsed.data;
  if (gnd.length !== qimlist.length)
    throw new Error(
      `The ground truth ${path} has ${counted(qimlist.length, 'query', 'queries')} (qimlist), but says of ${gnd.length} (gnd).`,
    );
  for (const [query, lists] of gnd.entries()) {
    const beyond = [...lists.easy, ...lists.hard, ...lists.junk].find((image) => image >= imlist.length);
    if (beyond !== undefined)
      throw new Error(
        `The ground truth ${path} names image ${beyond} for the query ${qimlist[query]}, but there are ${imlist.length} (imlist).`,
      );
  }
  return parsed.data;
}

function contentOf(bytes: Uint8Array, path: string): unknown {
  const isJson = /^\s*\{/.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'));
  try {
    if (isJson) return JSON.parse(Buffer.from(bytes).toString('utf8'));
    return plain(unpickle(bytes, { global: (name) => void admit(name), persistent: () => undefined }).value);
  } catch (error) {
    if (!isJson && isTable(bytes))
      throw new Error(
        `The ground truth ${path} is a table, which does not say what is easy, hard and junk: give the benchmark's gnd_….pkl, or the same as JSON.`,
      );
    throw new Error(`The ground truth ${path} is neither JSON nor a pickle that can be read: ${errorMessage(error)}.`);
  }
}

/** Text whose first line has several cells. */
function isTable(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 512);
  const [line = ''] = Buffer.from(start).toString('latin1').split(/\r?\n/);
  return /[,;\t]/.test(line) && start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}

/** Dictionaries as objects, and NumPy's arrays of integers as lists. */
function plain(value: unknown): unknown {
  const numbers = integersOf(value);
  if (numbers !== undefined) return numbers;
  const entries = entriesOf(value);
  if (entries !== undefined) return Object.fromEntries([...entries].map(([key, entry]) => [String(key), plain(entry)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

/** An array of NumPy keeps (version, shape, type, whether columns come first, bytes). */
function integersOf(value: unknown): number[] | undefined {
  if (!(value instanceof PickledObject) || !/^numpy\.(?:_?core)\.multiarray\._reconstruct$/.test(value.maker.name))
    return undefined;
  const [, , type, , data] = Array.isArray(value.state) ? value.state : [];
  const code = type instanceof PickledObject ? type.args[0] : undefined;
  const bytes = bytesOf(data);
  // NumPy's empty lists are of floats.
  if (bytes?.length === 0) return [];
  if (bytes === undefined || (code !== 'i8' && code !== 'i4'))
    throw new Error(`an array of NumPy's type ${String(code)} is no list of images`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = code === 'i8' ? 8 : 4;
  return Array.from({ length: bytes.length / size }, (_, i) =>
    code === 'i8' ? Number(view.getBigInt64(i * 8, true)) : view.getInt32(i * 4, true),
  );
}

/** Python 3 writes bytes for Python 2 as text and a call of `encode`. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  const text = value instanceof PickledObject && value.maker.name === '_codecs.encode' ? value.args[0] : value;
  return typeof text === 'string' ? Buffer.from(text, 'latin1') : undefined;
}
