/** PyTorch's format since 1.6: a zip file, not compressed, with a pickle and an entry for each storage (`_load`). */
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { fileProblem } from '../files/fileProblem.js';
import { startsWith } from './fileKind.js';
import type { WeightFormat } from './format.js';
import { FileFault, type OpenFile, TruncatedError } from './openFile.js';
import { unpickle } from './pickle/machine.js';
import type { StorageBytes } from './storedTensor.js';
import { requireLittleEndian, TORCH, type TorchFile, TorchListener } from './torchFile.js';
import { type TorchStorage, tensorOf } from './torchTensor.js';

const PICKLE = 'data.pkl';

export const torchZipFormat: WeightFormat = {
  ...TORCH,
  recognizes: (head) => startsWith(head, 'PK\x03\x04'),
  open: async (file) => {
    const { root, foreign, close, ...storages } = await openTorchZip(file);
    return { root, foreign, tensor: (value) => tensorOf(value, storages), close };
  },
};

/** `close` what this opened besides the file. @throws FileFault, or Error that says why the file cannot be read */
async function openTorchZip(file: OpenFile): Promise<TorchFile & { close(): void }> {
  let zip: ZipFile;
  try {
    zip = await openPromise(file.path, { autoClose: false });
  } catch (error) {
    throw new FileFault(
      `is truncated or damaged (${fileProblem(error).replace(/\.$/, '')}); copy or download it again`,
    );
  }
  try {
    const entries = await entriesOfZip(zip);
    const folder = folderOf([...entries.keys()]);
    const place = (name: string) => placeOf(zip, entries.get(folder + name), name);
    const read = async (name: string) => {
      const { begin, length } = await place(name);
      return file.read(begin, length);
    };
    if (entries.has(`${folder}byteorder`)) requireLittleEndian(Buffer.from(await read('byteorder')).toString());
    const listener = new TorchListener();
    const { value: root } = unpickle(await read(PICKLE), listener);
    const locate = async ({ key, length, width }: TorchStorage): Promise<StorageBytes> => {
      const found = await place(`data/${key}`);
      const needed = length * (width ?? 0);
      if (found.length === needed) return found;
      throw new Error(`its part data/${key} should have ${needed} bytes, but has ${found.length}`);
    };
    return { file, root, locate, foreign: [...listener.foreign], close: () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}

/** More than any checkpoint has storages: each takes memory before anything is known of it. */
const MOST_ENTRIES = 1_000_000;

async function entriesOfZip(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > MOST_ENTRIES) throw new Error(`it has ${zip.entryCount} parts, more than a checkpoint ever has`);
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
  return entries;
}

/** The folder that everything lies in. @throws FileFault that says what else the zip file is */
function folderOf(names: readonly string[]): string {
  const pickle = names.find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle !== undefined) {
    const folder = pickle.slice(0, -PICKLE.length);
    if (!names.some((name) => name.startsWith(`${folder}code/`))) return folder;
    throw new FileFault('is a TorchScript program, not a checkpoint: save the state_dict of the model instead');
  }
  if (names.length > 0 && names.every((name) => name.endsWith('.npy')))
    throw new FileFault("is NumPy's .npz, which holds arrays, not a checkpoint");
  if (names.some((name) => name.endsWith('.weights.h5')))
    throw new FileFault('is a Keras model, not a PyTorch checkpoint');
  throw new FileFault('is a zip file without data.pkl, so it is not a PyTorch checkpoint');
}

async function placeOf(zip: ZipFile, entry: Entry | undefined, name: string): Promise<StorageBytes> {
  if (!entry) throw new Error(`its part ${name} is missing`);
  const { uncompressedSize: length, compressionMethod } = entry;
  // Before anything is read, so that a small file cannot claim much memory.
  if (length > zip.fileSize) throw new TruncatedError(zip.fileSize, length);
  if (compressionMethod !== 0) throw new Error(`its part ${name} is compressed, as PyTorch never does`);
  const { fileDataStart: begin } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  return { begin, length };
}
