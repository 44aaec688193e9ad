/** A file that is appended to all the time. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** What is appended waits at most this long in memory, so that what somebody watches is alive. */
const FLUSH_MS = 1000;

export interface GrowingFile {
  /** Queues the bytes; they are in the file within a second. An error of an earlier write is thrown here. */
  append(bytes: Uint8Array | string): void;
  /** Writes what is queued and has the disk keep it. */
  flush(): void;
  close(): void;
}

/**
 * Opens the file at its end, making it when there is none.
 * @param attempt runs what may fail and says so in a sentence; `what` completes "cannot be …"
 */
export function openGrowingFile(path: string, attempt: <T>(what: string, act: () => T) => T): GrowingFile {
  const file = attempt('opened for writing', () => openSync(path, 'a'));
  let queue: Uint8Array[] = [];
  let timer: NodeJS.Timeout | undefined;
  let failure: unknown;

  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    let bytes: Uint8Array = Buffer.concat(queue);
    queue = [];
    // A disk that fills up may take a part only: the loop then meets the error itself.
    while (bytes.length > 0) bytes = bytes.subarray(attempt('written', () => writeSync(file, bytes)));
  };
  const writeLater = () => {
    try {
      write();
    } catch (error) {
      failure = error;
    }
  };
  return {
    append(bytes) {
      if (failure !== undefined) throw failure;
      queue.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
      timer ??= setTimeout(writeLater, FLUSH_MS);
    },
    flush() {
      if (failure !== undefined) throw failure;
      write();
      attempt('written', () => fsyncSync(file));
    },
    close() {
      try {
        write();
      } finally {
        closeSync(file);
      }
    },
  };
}
