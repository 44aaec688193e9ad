/**
 * What was computed and can be computed again, kept for the next time: a file a result, under a key that says what it was made from.
 * Files that cannot be read are as good as none, and a folder that cannot be written is left alone.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';

const HASH_BYTES = 32;

const hashOf = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** A key made of all that a result depends on: values that JSON can tell apart. */
export const keyOf = (parts: readonly unknown[]): string => hashOf(JSON.stringify(parts)).toString('hex');

export class DerivedFiles {
  /**
   * @param extension of the files' names, with its dot
   * @param largest bytes of all files together; those that were used least lately go first
   */
  constructor(
    readonly folder: string,
    private readonly extension: string,
    private readonly largest: number,
  ) {}

  /** What was kept under this key; undefined when nothing was, or when it is damaged. */
  async find(key: string): Promise<Uint8Array | undefined> {
    try {
      const file = this.#fileOf(key);
      const bytes = await readFile(file);
      const kept = bytes.subarray(HASH_BYTES);
      if (!hashOf(kept).equals(bytes.subarray(0, HASH_BYTES))) return undefined;
      const now = new Date();
      await utimes(file, now, now);
      return kept;
    } catch {
      return undefined;
    }
  }

  /** Does nothing where nothing can be written, and with what is larger than all files together may be. */
  async keep(key: string, result: Uint8Array): Promise<void> {
    if (result.byteLength > this.largest) return;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFileAtomic(this.#fileOf(key), Buffer.concat([hashOf(result), result]));
      await this.#dropOldest();
    } catch {
      // It is computed again the next time.
    }
  }

  #fileOf(key: string): string {
    return path.join(this.folder, key + this.extension);
  }

  async #dropOldest(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(this.extension));
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
