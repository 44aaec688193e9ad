/** What PyTorch's two file formats, the zip of torch 1.6 and later and the older sequence of pickles, have in common. */
import type { OpenFile } from './openFile.js';
import { PickleTruncatedError } from './pickle/cursor.js';
import { type PickleListener, unpickle } from './pickle/machine.js';
import { admit } from './pickle/names.js';
import type { PersistentObject, PickledGlobal } from './pickle/values.js';
import type { TorchStorages } from './torchTensor.js';

/** Of both, for people. */
export const TORCH = { name: 'a PyTorch checkpoint', endings: ['pth', 'pt', 'ckpt', 'bin'] } as const;

export interface TorchFile extends TorchStorages {
  /** What was saved: see pickle/values.ts. */
  readonly root: unknown;
  /** Classes and functions of somebody else's code that the file names. */
  readonly foreign: readonly string[];
}

/** Admits the names of a pickle by the rule of pickle/names.ts, and notes what may matter later. */
export class TorchListener implements PickleListener {
  readonly foreign = new Set<string>();
  readonly outside: PersistentObject[] = [];

  global(global: PickledGlobal): void {
    if (admit(global) === 'foreign') this.foreign.add(global.name);
  }

  persistent(object: PersistentObject): void {
    this.outside.push(object);
  }
}

/** Where pickles end is known only once they are read: so much of the file is tried, then four times as much. */
const FIRST_WINDOW = 2 ** 20;

/**
 * Reads pickles that follow each other from the start of a file.
 * @param read reads as many as it wants by calling `next`
 */
export function readPickles<T>(
  file: OpenFile,
  read: (next: () => unknown, place: () => number, listener: TorchListener) => T,
): T {
  for (let window = FIRST_WINDOW; ; window *= 4) {
    const bytes = file.head(window);
    const listener = new TorchListener();
    let place = 0;
    const next = (): unknown => {
      const pickle = unpickle(bytes, listener, place);
      place = pickle.next;
      return pickle.value;
    };
    try {
      return read(next, () => place, listener);
    } catch (error) {
      if (!(error instanceof PickleTruncatedError) || bytes.length === file.size) throw error;
    }
  }
}

/** @throws Error when numbers are stored the other way round, as the end of a sentence about the file */
export function requireLittleEndian(order: string): void {
  if (order.trim() !== 'little') throw new Error('its numbers are big-endian, which is not supported');
}
