/** A file of weights in any format, as a tree of dictionaries whose tensors are read one by one when they are asked for. */
import { fileProblem } from '../files/fileProblem.js';
import type { HostTensor } from '../program/program.js';
import type { WeightsTree } from './format.js';
import { formatOf } from './formatOf.js';
import { WEIGHT_FORMATS } from './formats.js';
import { aboutFile, FileFault, OpenFile } from './openFile.js';
import { PickleTruncatedError } from './pickle/cursor.js';
import type { StoredTensor } from './storedTensor.js';

export interface WeightsFile extends Pick<WeightsTree, 'root' | 'foreign'> {
  readonly path: string;
  /** What it says of itself, by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In bytes; of a model in several files that of all parts. */
  readonly size: number;
  /** All that is read: `path`, and the parts that it lists. */
  readonly files: readonly string[];
  /**
   * The tensor that a value of the tree stands for; undefined when it stands for something else.
   * @throws Error naming the file and the tensor when it is damaged
   */
  tensor(value: unknown, name: string): StoredTensor | undefined;
  /** Makes sure that a tensor's values are in the file. @throws Error naming the file and the tensor */
  check(tensor: StoredTensor, name: string): Promise<void>;
  /** Reads a tensor's values. @throws Error naming the file and the tensor */
  read(tensor: StoredTensor, name: string): Promise<HostTensor>;
  close(): void;
}

/**
 * Opens a file of any of the formats, under whatever name, and reads its structure.
 * @throws Error with one sentence naming the file and what it is instead, what is wrong with it, or what it names that could
 *   run a program
 */
export async function openWeights(path: string, formats = WEIGHT_FORMATS): Promise<WeightsFile> {
  const file = new OpenFile(path);
  const rethrow = (error: unknown): never => {
    throw aboutFile(path, error);
  };
  try {
    const tree = await formatOf(file, formats).open(file);
    return {
      path,
      size: tree.parts?.size ?? file.size,
      files: [path, ...(tree.parts?.paths ?? [])],
      metadata: tree.metadata ?? {},
      root: tree.root,
      foreign: tree.foreign,
      tensor: (value, name) => {
        try {
          return tree.tensor(value);
        } catch (error) {
          throw aboutFile(path, new Error(`${name}: ${fileProblem(error)}`));
        }
      },
      check: (stored, name) => stored.check(name).catch(rethrow),
      read: (stored, name) => stored.read(name).catch(rethrow),
      close: () => {
        tree.close?.();
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw aboutFile(
      path,
      error instanceof PickleTruncatedError ? new FileFault('is truncated; copy or download it again') : error,
    );
  }
}
