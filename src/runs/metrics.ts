/** `metrics.jsonl`: what a run measured, one JSON object a line, in the order in which it happened. */
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, truncateSync, writeSync } from 'node:fs';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';

export interface StepMetrics {
  /** From 1: the number of optimizer steps made, this one included. */
  readonly step: number;
  /** The epoch that the step belongs to, from 0. */
  readonly epoch: number;
  readonly loss: number;
  readonly lr: number;
  readonly weight_decay: number;
  readonly teacher_momentum: number;
  readonly teacher_temp: number;
  /** Mean entropy of the teacher's distribution, in nats; 0 to ln(out_dim). */
  readonly teacher_entropy: number;
  /** KL(teacher || student) in nats: loss = entropy + KL. */
  readonly kl: number;
  /** Norm of the gradient over all parameters, before clipping. */
  readonly grad_norm: number;
  /** Standard deviation of the L2-normalised features over the batch, averaged over dimensions; 1 / sqrt(dim) is healthy, 0 collapsed. */
  readonly feature_std: number;
  readonly images_per_s: number;
  /** How long the step waited for its batch. */
  readonly data_wait_ms: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** How the teacher's features of a small, fixed sample of the training images stand after a step; of step 0, the untrained network's. */
export interface ProbeMetrics {
  readonly step: number;
  readonly epoch: number;
  /** Images of the sample. */
  readonly probe_images: number;
  /** Percent of them that their 20 nearest others give the right class (leave-one-out); absent without classes. */
  readonly probe_knn?: number;
  /** Percent of them whose random crop has them among the twentieth of all images of the sample that is nearest to it. */
  readonly probe_view_agreement: number;
  /** Percent of their 10 nearest neighbors that were among them at the probe before; absent at the first one. */
  readonly probe_neighbor_stability?: number;
  /** Percent of them that were among them in the untrained network's features; absent at step 0 and after a resume. */
  readonly probe_untrained_neighbors?: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

export type MetricsLine = StepMetrics | ProbeMetrics;

export const isStep = (line: MetricsLine): line is StepMetrics => 'loss' in line;
export const isProbe = (line: MetricsLine): line is ProbeMetrics => 'probe_images' in line;

// A reader asks for no more than it needs, so that a run of an earlier version is still readable.
// JSON has null for a number that was not finite.
const number = z.number().nullish();
const lineSchema = z
  .looseObject({
    step: z.int().min(0),
    epoch: z.number(),
    loss: number,
    lr: number,
    weight_decay: number,
    teacher_momentum: number,
    teacher_temp: number,
    teacher_entropy: number,
    kl: number,
    grad_norm: number,
    feature_std: number,
    images_per_s: number,
    data_wait_ms: number,
    time: number,
    probe_images: number,
    probe_knn: number,
    probe_view_agreement: number,
    probe_neighbor_stability: number,
    probe_untrained_neighbors: number,
  })
  .refine((line) => ['loss', 'probe_images'].some((key) => typeof line[key] === 'number'));

/** Lines wait at most this long in memory, so that a curve that somebody watches is alive. */
const FLUSH_MS = 1000;

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
  const file = attempt(path, 'opened for writing', () => openSync(path, 'a'));
  let queue = '';
  let timer: NodeJS.Timeout | undefined;
  let failure: unknown;

  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    let bytes = Buffer.from(queue);
    queue = '';
    // A disk that fills up may take a part only: the loop then meets the error itself.
    while (bytes.length > 0) bytes = bytes.subarray(attempt(path, 'written', () => writeSync(file, bytes)));
  };
  const writeLater = () => {
    try {
      write();
    } catch (error) {
      failure = error;
    }
  };
  return {
    append(line) {
      if (failure !== undefined) throw failure;
      queue += `${JSON.stringify(line)}\n`;
      timer ??= setTimeout(writeLater, FLUSH_MS);
    },
    flush() {
      if (failure !== undefined) throw failure;
      write();
      attempt(path, 'written', () => fsyncSync(file));
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
    return { lines: parseLines(whole.toString('utf8')), next: start + whole.length, restarted };
  } finally {
    closeSync(file);
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

function parseLines(text: string): MetricsLine[] {
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    try {
      const value: unknown = JSON.parse(line);
      return lineSchema.safeParse(value).success ? [value as MetricsLine] : [];
    } catch {
      return []; // A line torn by a kill or a full disk: the lines around it still count.
    }
  });
}

function attempt<T>(path: string, what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`The metrics ${path} cannot be ${what}: ${fileProblem(error)}.`);
  }
}
