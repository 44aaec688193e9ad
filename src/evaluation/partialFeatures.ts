/**
 * Rows of features that are computed but not yet in their file: in a folder beside it, from which work that was killed is resumed. What
 * the state says has been written is on the disk; rows behind that are cut off.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { fileProblem } from '../files/fileProblem.js';

const count = z.int().min(0);
const stateSchema = z.object({
  /** Names all that the rows depend on. */
  key: z.string(),
  /** Images that are done, from the first. */
  done: count,
  /** Those of them that cannot be read, in order. */
  unreadable: z.array(z.object({ image: count, message: z.string() })),
});
type State = z.output<typeof stateSchema>;

const ROWS = 'rows.f32';
const STATE = 'state.json';
/** How much work a kill may lose. */
const KEEP_MS = 1000;

export class PartialFeatures {
  #state: State;
  /** What the state on the disk says; undefined: there is none. */
  #keptAt: number | undefined;

  private constructor(
    readonly folder: string,
    private readonly dim: number,
    private readonly file: FileHandle,
    state: State,
  ) {
    this.#state = state;
  }

  /** Goes on with what is there of the same key, or begins anew. @throws Error with one sentence */
  static async open(folder: string, key: string, dim: number): Promise<PartialFeatures> {
    await requireOwn(folder);
    try {
      const found = await resumable(folder, key, dim);
      if (found === undefined) await rm(folder, { recursive: true, force: true });
      if (found === undefined) await mkdir(folder);
      const file = await open(join(folder, ROWS), found === undefined ? 'w+' : 'r+');
      const state = found ?? { key, done: 0, unreadable: [] };
      await file.truncate(rowsOf(state) * dim * Float32Array.BYTES_PER_ELEMENT);
      return new PartialFeatures(folder, dim, file, state);
    } catch (error) {
      throw failure(folder, error);
    }
  }

  get done(): number {
    return this.#state.done;
  }

  get rows(): number {
    return rowsOf(this.#state);
  }

  get unreadable(): readonly { readonly image: number; readonly message: string }[] {
    return this.#state.unreadable;
  }

  /** @param rows of the images from `done` on, without those that cannot be read */
  async append(rows: Float32Array, done: number, unreadable: State['unreadable']): Promise<void> {
    try {
      const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
      await writeAll(this.file, bytes, this.rows * this.dim * Float32Array.BYTES_PER_ELEMENT);
    } catch (error) {
      throw failure(this.folder, error);
    }
    this.#state = { ...this.#state, done, unreadable: [...this.#state.unreadable, ...unreadable] };
    if (this.#keptAt === undefined || performance.now() - this.#keptAt >= KEEP_MS) await this.keep();
  }

  /** Has the disk keep what there is. */
  async keep(): Promise<void> {
    try {
      await this.file.datasync();
      await writeFileAtomic(join(this.folder, STATE), JSON.stringify(this.#state));
    } catch (error) {
      throw failure(this.folder, error);
    }
    this.#keptAt = performance.now();
  }

  /** Blocks of up to so many rows, in order, with the image of each. */
  async *blocks(most: number): AsyncGenerator<{ readonly images: readonly number[]; readonly rows: Float32Array }> {
    const unreadable = new Set(this.unreadable.map(({ image }) => image));
    let images: number[] = [];
    let row = 0;
    for (let image = 0; image < this.done; image++) {
      if (!unreadable.has(image)) images.push(image);
      if (images.length < most && image + 1 < this.done) continue;
      if (images.length > 0) yield { images, rows: await this.#read(row, images.length) };
      row += images.length;
      images = [];
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /** For when all is in its file. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async #read(start: number, rows: number): Promise<Float32Array> {
    const values = new Float32Array(rows * this.dim);
    const bytes = new Uint8Array(values.buffer);
    const { bytesRead } = await this.file.read(bytes, 0, bytes.length, start * this.dim * values.BYTES_PER_ELEMENT);
    if (bytesRead < bytes.length) throw new Error(`${this.folder} is damaged: delete it and start again.`);
    return values;
  }
}

const rowsOf = ({ done, unreadable }: State): number => done - unreadable.length;

/** @throws Error when something else has the name, which must not be deleted */
async function requireOwn(folder: string): Promise<void> {
  const entry = await stat(folder).catch(() => undefined);
  if (entry === undefined) return;
  const names = entry.isDirectory() ? await readdir(folder) : [folder];
  // A state that is being written has the state's name with an ending.
  if (names.every((name) => name === ROWS || name.startsWith(STATE))) return;
  throw new Error(
    `${folder} is in the way, and is no unfinished work of this command: move it, or choose another --out.`,
  );
}

/** The state in the folder, if it is of this key and its rows are there. */
async function resumable(folder: string, key: string, dim: number): Promise<State | undefined> {
  const text = await readFile(join(folder, STATE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { data: state } = stateSchema.safeParse(parsed(text));
  if (state === undefined || state.key !== key) return undefined;
  const file = await open(join(folder, ROWS), 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    return size >= rowsOf(state) * dim * Float32Array.BYTES_PER_ELEMENT ? state : undefined;
  } finally {
    await file.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, place: number): Promise<void> {
  for (let written = 0; written < bytes.length; )
    written += (await file.write(bytes, written, bytes.length - written, place + written)).bytesWritten;
}

const failure = (folder: string, error: unknown): Error =>
  new Error(`What is computed cannot be written to ${folder}: ${fileProblem(error)}.`);
