/** The arguments of a training that a PyTorch checkpoint keeps beside the weights (main_dino.py saves them as `args`). */
import { aboutFile, FileFault, OpenFile } from './openFile.js';
import { entriesOf, PickledObject } from './pickle/values.js';
import { torchLegacyFormat } from './torchLegacy.js';
import { torchZipFormat } from './torchZip.js';
import { openWeights } from './weightsFile.js';

const HEAD_BYTES = 4;

/** Whether a file begins as those do that torch.save writes. @throws Error naming the path when it cannot be read */
export function isTorchFile(path: string): boolean {
  const file = new OpenFile(path);
  try {
    const head = Buffer.from(file.head(HEAD_BYTES));
    return [torchZipFormat, torchLegacyFormat].some((format) => format.recognizes(head));
  } finally {
    file.close();
  }
}

/**
 * @returns arguments by name: text, numbers, true or false, and lists of them. Nothing that the file names is run.
 * @throws Error with one sentence naming the file, when it cannot be read or keeps no arguments
 */
export async function readSavedArguments(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = await openWeights(path);
  try {
    const saved = entriesOf(entriesOf(file.root)?.get('args'));
    if (saved === undefined) throw aboutFile(path, new FileFault('keeps no arguments of a training (args)'));
    return Object.fromEntries([...saved].map(([key, value]) => [String(key), plain(value)]));
  } finally {
    file.close();
  }
}

/** None is what Python has for nothing; a path is saved as its parts; of any other object only the name is of use. */
function plain(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof PickledObject)) return value;
  const { name } = value.maker;
  return name.startsWith('pathlib.') ? value.args.map(String).join('/').replace(/^\/\//, '/') : name;
}
