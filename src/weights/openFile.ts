/** A file that is read at any place, a part at a time. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileProblem } from '../files/fileProblem.js';

/** What is wrong with a file. Its message is a sentence without its subject, the path: `is empty`. */
export class FileFault extends Error {
  override readonly name: string = 'FileFault';
}

/** A part of the file that should be there is not. */
export class TruncatedError extends FileFault {
  override readonly name = 'TruncatedError';
  constructor(size: number, needed: number) {
    super(`is truncated: it has ${size} bytes, but at least ${needed} are needed; copy or download it again`);
  }
}

export class OpenFile {
  readonly size: number;
  readonly #descriptor: number;

  /** @throws Error with one sentence naming the path */
  constructor(readonly path: string) {
    try {
      this.#descriptor = openSync(path, 'r');
    } catch (error) {
      throw new Error(`${path} cannot be read: ${fileProblem(error)}.`);
    }
    const stat = fstatSync(this.#descriptor);
    this.size = stat.size;
    if (stat.isFile()) return;
    this.close();
    throw new Error(`${path} cannot be read: it is not a file.`);
  }

  /**
   * A buffer of its own (not the pool's), so that typed arrays can lie directly on it.
   * @throws TruncatedError before anything is read, so that a small file cannot claim much memory
   */
  read(begin: number, length: number): Uint8Array<ArrayBuffer> {
    if (begin + length > this.size) throw new TruncatedError(this.size, begin + length);
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#descriptor, bytes, done, length - done, begin + done);
      if (count === 0) throw new TruncatedError(begin + done, begin + length);
      done += count;
    }
    return bytes;
  }

  /** The first bytes: `length` of them where the file has as many. */
  head(length: number): Uint8Array<ArrayBuffer> {
    return this.read(0, Math.min(length, this.size));
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** One sentence about a file. `error`: a {@link FileFault}, or one whose message says why the file cannot be read. */
export const aboutFile = (path: string, error: unknown): Error =>
  new Error(
    error instanceof FileFault ? `${path} ${error.message}.` : `${path} cannot be read: ${fileProblem(error)}.`,
  );
