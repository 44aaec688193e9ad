/** `metrics.jsonl`: what a run measured, one JSON object a line, in the order in which it happened. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, truncateSync } from 'node:fs';
import writeFileAtomic from 'write-file-atomic';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';
import { openGrowingFile } from '../files/growingFile.js';
import { type MetricsLine, readLines } from '../metrics/metricsLine.js';

export interface MetricsWriter {
  /** Queues the line; it is in the file within a second. An error of an earlier write is thrown here. */
  append(line: MetricsLine): void;
  /** Writes what is queued and has the disk keep it; to be called before a checkpoint is saved. */
  flush(): void;
  close(): void;
}

/**
 * Opens the file to append to it, making it when there is none. A torn last line, left by a killed process, is cut off first.
 * @throws Error naming the file and why it cannot be written
 */
export function openMetricsWriter(path: string): MetricsWriter {
  dropTornLine(path);
  const file = openGrowingFile(path, (what, act) => attempt(path, what, act));
  return { ...file, append: (line) => file.append(`${JSON.stringify(line)}\n`) };
}

/** All lines that can be read; an absent file has none. Torn or damaged lines are left out. */
export const readMetrics = (path: string): MetricsLine[] => readMetricsFrom(path, 0).lines;

/**
 * The lines behind a place in the file, for curves that grow.
 * @param offset 0, or the `next` of an earlier call. When the file has become shorter than that (a run resumed from an
 *   earlier checkpoint), reading starts over and `restarted` is true.
 * @param most bytes to read at once, so that a long file does not hold up who reads it; a line that is longer than that is no
 *   measurement, and is passed over
 * @returns `next`: where to go on; when it is `offset`, there is nothing new. A last line without its line feed is not read yet.
 */
export function readMetricsFrom(
  path: string,
  offset: number,
  most = Number.POSITIVE_INFINITY,
): { readonly lines: MetricsLine[]; readonly next: number; readonly restarted: boolean } {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return { lines: [], next: 0, restarted: offset > 0 };
    throw new Error(`The metrics ${path} cannot be read: ${fileProblem(error)}.`);
  }
  try {
    const { size } = fstatSync(file);
    const restarted = offset > size;
    const start = restarted ? 0 : offset;
    const bytes = Buffer.alloc(Math.min(size - start, most));
    const length = readSync(file, bytes, 0, bytes.length, start);
    const end = bytes.subarray(0, length).lastIndexOf('\n') + 1;
    const whole = bytes.subarray(0, end === 0 && length === most ? length : end);
    return { lines: readLines(whole.toString('utf8')), next: start + whole.length, restarted };
  } finally {
    closeSync(file);
  }
}

/** Read at once, before others in this process have their turn. */
const SLICE_BYTES = 1 << 20;

/** All lines of a file that may be long, some at a time. @throws as {@link readMetricsFrom} */
export async function* metricsInSlices(path: string): AsyncGenerator<readonly MetricsLine[]> {
  for (let offset = 0; ; await new Promise((resolve) => setImmediate(resolve))) {
    const { lines, next } = readMetricsFrom(path, offset, SLICE_BYTES);
    if (next === offset) return;
    offset = next;
    yield lines;
  }
}

/**
 * Drops what was measured after `step`, so that a run resumed from there has each step once. The file is rewritten
 * aside and renamed: a kill leaves the old one or the new one.
 */
export function dropMetricsAfter(path: string, step: number): void {
  const lines = readMetrics(path);
  const kept = lines.filter((line) => line.step <= step);
  if (kept.length === lines.length) return;
  attempt(path, 'written', () => writeFileAtomic.sync(path, kept.map((line) => `${JSON.stringify(line)}\n`).join('')));
}

function dropTornLine(path: string): void {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return;
    throw new Error(`The metrics ${path} cannot be read: ${fileProblem(error)}.`);
  }
  const end = bytes.lastIndexOf('\n') + 1;
  if (end < bytes.length) attempt(path, 'written', () => truncateSync(path, end));
}

function attempt<T>(path: string, what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`The metrics ${path} cannot be ${what}: ${fileProblem(error)}.`);
  }
}
