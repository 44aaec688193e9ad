/** Takes out of a wheel, which is a zip, what the engine needs. */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { errorMessage } from '../../../errors/errorMessage.js';
import { fileErrorCode, fileProblem } from '../../../files/fileProblem.js';
import type { WheelRequest } from './platform.js';
import type { Work } from './progress.js';
import { requireRoom } from './room.js';

/**
 * Writes the wanted files of the wheel into the folder, each under its own path.
 * @returns their paths in the wheel
 * @throws Error with one sentence when the wheel is broken or the disk full
 */
export async function extractWheel(
  wheel: string,
  folder: string,
  isWanted: (name: string) => boolean,
  work: Work,
): Promise<string[]> {
  const title = `unpacking ${path.basename(wheel)}`;
  return withZip(wheel, work.signal, async (zip, entries) => {
    const wanted = entries.filter(({ fileName }) => !fileName.endsWith('/') && isWanted(fileName));
    const total = wanted.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    await requireRoom(folder, total);
    let done = 0;
    for (const entry of wanted) {
      const target = path.join(folder, entry.fileName);
      await mkdir(path.dirname(target), { recursive: true });
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, next) {
          done += chunk.length;
          work.onProgress({ text: title, done, total });
          next(null, chunk);
        },
      });
      // On the disk before the installation is switched over to: it must be whole after a power cut.
      const file = createWriteStream(target, { mode: modeOf(entry), flush: true });
      const content = await zip.openReadStreamPromise(entry).catch((error: unknown) => brokenWheel(wheel, error));
      await pipeline(content, counted, file, { signal: work.signal }).catch((error: unknown) => {
        work.signal.throwIfAborted();
        if (!isOfFileSystem(error)) return brokenWheel(wheel, error);
        throw new Error(`${target} could not be written: ${fileProblem(error)}.`, { cause: error });
      });
    }
    return wanted.map(({ fileName }) => fileName);
  });
}

/** What the wheel needs for an extra of its name, e.g. NVIDIA's libraries for `and-cuda`. */
export async function readRequirements(
  wheel: string,
  extra: string,
  platformTags: readonly string[],
  signal: AbortSignal,
): Promise<WheelRequest[]> {
  const metadata = await withZip(wheel, signal, async (zip, entries) => {
    const entry = entries.find(({ fileName }) => /^[^/]+\.dist-info\/METADATA$/.test(fileName));
    if (entry === undefined) return brokenWheel(wheel, new Error('it has no METADATA'));
    return text(await zip.openReadStreamPromise(entry));
  });
  const pattern = /^Requires-Dist: ([\w.-]+?) ?\(?([<>=!][^;)\n]*)\)?[^\S\n]*;(.*)$/gm;
  return [...metadata.matchAll(pattern)]
    .filter(
      ([, , , condition = '']) =>
        condition.includes(`extra == "${extra}"`) || condition.includes(`extra == '${extra}'`),
    )
    .map(([, project = '', specifier = '']) => ({ project, specifier: specifier.trim(), platformTags }));
}

async function withZip<T>(
  wheel: string,
  signal: AbortSignal,
  use: (zip: ZipFile, entries: Entry[]) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const zip = await openPromise(wheel, { autoClose: false }).catch((error: unknown) => brokenWheel(wheel, error));
  try {
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) entries.push(entry);
    return await use(zip, entries);
  } finally {
    zip.close();
  }
}

/** It is deleted, or it would be taken for a good one the next time. */
async function brokenWheel(wheel: string, error: unknown): Promise<never> {
  await rm(wheel, { force: true });
  const problem = errorMessage(error);
  throw new Error(`${path.basename(wheel)} is not a whole wheel (${problem}). It has been deleted; run it again.`, {
    cause: error,
  });
}

const isOfFileSystem = (error: unknown): boolean => /^E[A-Z]+$/.test(fileErrorCode(error) ?? '');

/** NVIDIA's wheels hold a program, too. */
const modeOf = (entry: Entry): number => (((entry.externalFileAttributes >>> 16) & 0o111) !== 0 ? 0o755 : 0o644);
