/**
 * What engines have compiled, kept in the storage folder for the next time: a file a program, under a name that says what it was
 * compiled from and for. Files that cannot be read are as good as none, and a folder that cannot be written is left alone.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import writeFileAtomic from 'write-file-atomic';
import type { Program } from '../method/program.js';
import { describeMachine } from './fastest.js';

/** Part of every name: another layout of the files, or of what a name says, is another number. */
const FORMAT = 1;
const LARGEST_BYTES = 256 * 2 ** 20;
const EXTENSION = '.compiled';
const HASH_BYTES = 32;

const hashOf = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();

/**
 * Says which code runs, or undefined where it is not one file, as in unit tests: a program's body, and all that the compilers make of
 * it, is in the bundle.
 */
function buildIdentity(): string | undefined {
  const file = fileURLToPath(import.meta.url);
  return file.endsWith('.cjs') ? hashOf(readFileSync(file)).toString('hex') : undefined;
}

/** Models kept in this storage folder, or undefined where this build cannot be told from others. */
export function compiledModelsIn(storage: string): CompiledModels | undefined {
  const build = buildIdentity();
  return build === undefined ? undefined : new CompiledModels(path.join(storage, 'compiled'), build);
}

export class CompiledModels {
  /**
   * @param build which code compiles: of another build nothing is taken
   * @param largest bytes of all files together; those that were used least lately go first
   */
  constructor(
    readonly folder: string,
    private readonly build: string,
    private readonly largest = LARGEST_BYTES,
  ) {}

  /** The file's name for a program that `engine` (with its version) has compiled here; undefined for one without an identity. */
  keyOf({ name, identity, state, inputs }: Program, engine: string): string | undefined {
    if (identity === undefined) return undefined;
    const all = [FORMAT, this.build, engine, describeMachine(), name, identity, state, inputs];
    return hashOf(JSON.stringify(all)).toString('hex');
  }

  /** What was kept under this key; undefined when nothing was, or when it is damaged. */
  async find(key: string): Promise<Uint8Array | undefined> {
    try {
      const file = this.#fileOf(key);
      const bytes = await readFile(file);
      const model = bytes.subarray(HASH_BYTES);
      if (!hashOf(model).equals(bytes.subarray(0, HASH_BYTES))) return undefined;
      const now = new Date();
      await utimes(file, now, now);
      return model;
    } catch {
      return undefined;
    }
  }

  /** Does nothing where nothing can be written. */
  async keep(key: string, model: Uint8Array): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFileAtomic(this.#fileOf(key), Buffer.concat([hashOf(model), model]));
      await this.#dropOldest();
    } catch {
      // It is compiled again the next time.
    }
  }

  #fileOf(key: string): string {
    return path.join(this.folder, key + EXTENSION);
  }

  async #dropOldest(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(EXTENSION));
    const files = await Promise.all(
      names.map(async (name) => {
        const file = path.join(this.folder, name);
        const { size, mtimeMs } = await stat(file);
        return { file, size, mtimeMs };
      }),
    );
    let total = 0;
    for (const { file, size } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
      total += size;
      if (total > this.largest) await rm(file, { force: true });
    }
  }
}
