/** Fetches one file over the network, and goes on where an earlier attempt was cut off. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileErrorCode, fileProblem } from '../../../files/fileProblem.js';
import type { WheelFile } from './index.js';
import { networkProblem } from './network.js';
import type { Work } from './progress.js';

/** How often a connection that breaks is taken up again at once, each time where it broke. */
const ATTEMPTS = 3;

/** What has come so far of the file that will be at `path`. */
export const partOf = (path: string): string => `${path}.part`;

/**
 * Makes `path` the file, with its checksum verified. What has come stays in `partOf(path)` when this fails or is cancelled, and the
 * next call goes on from there.
 * @throws Error with one sentence
 */
export async function download({ name, url, sha256, size }: WheelFile, path: string, work: Work): Promise<void> {
  const part = partOf(path);
  for (let attempt = 1; ; attempt++) {
    const before = await sizeOf(part);
    try {
      if (size === undefined || before < size) await fetchRest(url, part, before, size, name, work);
      break;
    } catch (error) {
      work.signal.throwIfAborted();
      const came = await sizeOf(part);
      const isBroken = error instanceof TypeError || fileErrorCode(error) === 'ECONNRESET';
      if (isBroken && attempt < ATTEMPTS && came > before) continue;
      if (fileErrorCode(error) === 'ENOSPC' || fileErrorCode(error) === 'EDQUOT')
        throw new Error(`${name} could not be written: ${fileProblem(error)}. What has come is kept.`, {
          cause: error,
        });
      if (!isBroken) throw error;
      throw new Error(
        `The download of ${name} broke off after ${megabytes(came)} MB (${networkProblem(error)}): run it again, and it goes on from there.`,
        { cause: error },
      );
    }
  }
  work.onProgress({ text: `checking ${name}` });
  if ((await sha256Of(part, work.signal)) !== sha256) {
    // Nothing of it can be trusted.
    await rm(part, { force: true });
    throw new Error(`${name} came broken: its checksum is wrong. It has been deleted; run it again.`);
  }
  await rename(part, path);
}

async function fetchRest(
  url: string,
  part: string,
  have: number,
  size: number | undefined,
  name: string,
  { signal, onProgress, onLog }: Work,
): Promise<void> {
  const response = await fetch(url, {
    signal,
    // Compressed answers would make ranges meaningless.
    headers: { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) },
  });
  // 416: we have more than there is, so what we have is of another file.
  if (response.status === 416) {
    await rm(part, { force: true });
    throw new Error(`${name} could not be gone on with, and was deleted: run it again.`);
  }
  if (!response.ok || response.body === null)
    throw new Error(`The download of ${name} was answered with ${response.status} ${response.statusText}: try later.`);
  const goesOn = response.status === 206;
  let done = goesOn ? have : 0;
  if (have > 0) onLog(goesOn ? `${name}: going on after ${have} bytes` : `${name}: the server cannot go on; all anew`);
  const length = Number(response.headers.get('content-length'));
  const total = size ?? (length > 0 ? done + length : undefined);
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      done += chunk.length;
      onProgress({ text: `downloading ${name}`, done, ...(total !== undefined && { total }) });
      next(null, chunk);
    },
  });
  await pipeline(
    Readable.fromWeb(response.body as import('node:stream/web').ReadableStream),
    counted,
    createWriteStream(part, { flags: goesOn ? 'a' : 'w' }),
    { signal },
  );
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash, { signal });
  return hash.digest('hex');
}

/** 0 for a file that is not there. */
async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
