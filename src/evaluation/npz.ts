/** NumPy's .npz: a zip of arrays, of which one is read. */
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { errorMessage } from '../errors/errorMessage.js';
import { type NumberMatrix, npyHeader, parseNpy } from './npy.js';
import { listed } from './tables/tableOptions.js';

const ARRAY_NAME = /\.npy$/;
/** Most bytes of one array. */
const MOST_BYTES = 2 ** 32;

/**
 * @param wanted name of the array, for a file that has several
 * @throws Error with one sentence when there is no array, no such one, or several to choose from
 */
export async function readNpz(
  file: string,
  wanted: string | undefined,
): Promise<{ features: NumberMatrix; notes: string[] }> {
  const zip = await openPromise(file, { autoClose: false }).catch((error: unknown) => {
    throw damaged(file, error);
  });
  try {
    const arrays = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) {
      if (ARRAY_NAME.test(entry.fileName)) arrays.set(entry.fileName.replace(ARRAY_NAME, ''), entry);
    }
    const names = [...arrays.keys()];
    if (names.length === 0) throw new Error(`${file} is a zip archive without NumPy arrays.`);
    const name = wanted ?? (names.length === 1 ? names[0] : undefined);
    const entry = name === undefined ? undefined : arrays.get(name);
    if (name === undefined || entry === undefined) {
      const all: string[] = [];
      for (const [one, its] of arrays) {
        const { type, shape } = npyHeader(await contentsOf(zip, its, file), `${file} (${one})`);
        all.push(`${one} (${type}, ${shape.join(' x ')})`);
      }
      const problem = name === undefined ? `has ${names.length} arrays` : `has no array “${name}”`;
      throw new Error(`${file} ${problem}; give one of them by --array: ${listed(all)}.`);
    }
    const { features, notes } = parseNpy(await contentsOf(zip, entry, file), `${file} (${name})`);
    return { features, notes: [`${file}: the array “${name}” is read`, ...notes] };
  } finally {
    zip.close();
  }
}

async function contentsOf(zip: ZipFile, entry: Entry, file: string): Promise<Buffer> {
  if (entry.uncompressedSize > MOST_BYTES)
    throw new Error(`${file} holds an array of ${entry.uncompressedSize} bytes: up to 4 GiB are read.`);
  try {
    const parts: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) parts.push(chunk as Buffer);
    return Buffer.concat(parts);
  } catch (error) {
    throw damaged(file, error);
  }
}

const damaged = (file: string, error: unknown): Error =>
  new Error(`${file} is damaged: ${errorMessage(error).replace(/\.+$/, '')}.`);
