/** A file of weights in any format, as a tree of dictionaries whose tensors are read one by one when they are asked for. */
import { fileProblem } from '../files/fileProblem.js';
import type { HostTensor } from '../program/program.js';
import { weightsKind } from './fileKind.js';
import { aboutFile, FileFault, OpenFile } from './openFile.js';
import { PickleTruncatedError } from './pickle/cursor.js';
import { storedSafetensors } from './safetensors.js';
import { readStored, requireStored, StoredTensor } from './storedTensor.js';
import { openTorchLegacy } from './torchLegacy.js';
import { tensorOf } from './torchTensor.js';
import { openTorchZip } from './torchZip.js';

export interface WeightsFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** What was saved: see pickle/values.ts. */
  readonly root: unknown;
  /** Classes and functions of somebody else's code that the file names: what was made of them stays unread. */
  readonly foreign: readonly string[];
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
 * Opens a safetensors file or one that torch.save wrote, under whatever name, and reads its structure.
 * @throws Error with one sentence naming the file and what it is instead, what is wrong with it, or what it names that could
 *   run a program
 */
export async function openWeights(path: string): Promise<WeightsFile> {
  const file = new OpenFile(path);
  const rethrow = (error: unknown): never => {
    throw aboutFile(path, error);
  };
  try {
    const { tree, tensor, close } = await openByKind(file);
    return {
      path,
      size: file.size,
      root: tree.root,
      foreign: tree.foreign,
      tensor: (value, name) => {
        try {
          return tensor(value);
        } catch (error) {
          throw aboutFile(path, new Error(`${name}: ${fileProblem(error)}`));
        }
      },
      check: (stored, name) => requireStored(file, stored, name).catch(rethrow),
      read: (stored, name) => readStored(file, stored, name).catch(rethrow),
      close,
    };
  } catch (error) {
    file.close();
    throw aboutFile(
      path,
      error instanceof PickleTruncatedError ? new FileFault('is truncated; copy or download it again') : error,
    );
  }
}

interface Opened {
  readonly tree: Pick<WeightsFile, 'root' | 'foreign'>;
  tensor(value: unknown): StoredTensor | undefined;
  close(): void;
}

async function openByKind(file: OpenFile): Promise<Opened> {
  const kind = weightsKind(file);
  if (kind === 'safetensors') {
    const tree = { root: storedSafetensors(file), foreign: [] };
    return { tree, tensor: (value) => (value instanceof StoredTensor ? value : undefined), close: () => file.close() };
  }
  if (kind === 'pickle') {
    const tree = openTorchLegacy(file);
    return { tree, tensor: (value) => tensorOf(value, tree.locate), close: () => file.close() };
  }
  const tree = await openTorchZip(file);
  const close = () => {
    tree.close();
    file.close();
  };
  return { tree, tensor: (value) => tensorOf(value, tree.locate), close };
}
