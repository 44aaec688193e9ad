import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage } from '../../../errors/errorMessage.js';
import { fileErrorCode } from '../../../files/fileProblem.js';
import { download } from './download.js';
import { findWheel, suits } from './index.js';
import { downloadThroughPip, findPip, keepWhatPipLeft } from './pip.js';
import type { WheelRequest } from './platform.js';
import type { Work } from './progress.js';

export interface WheelSources {
  /** The package index that is asked where pip is not there or fails. */
  readonly index: string;
  /** False: not through pip even where it is there. */
  readonly mayUsePip: boolean;
}

/**
 * The wheel's path in the folder of downloads; what lies there whole is not fetched again. pip comes first, since it knows how its
 * user reaches an index; but what has begun to come is gone on with, which pip cannot do.
 * @throws Error with one sentence
 */
export async function fetchWheel(
  request: WheelRequest,
  downloads: string,
  { index, mayUsePip }: WheelSources,
  work: Work,
): Promise<string> {
  const files = await readdir(downloads);
  const whole = files.find((name) => suits(name, request));
  if (whole !== undefined) return path.join(downloads, whole);

  const direct = async () => {
    const wheel = await findWheel(index, request, work.signal);
    const file = path.join(downloads, wheel.name);
    await download(wheel, file, work);
    return file;
  };
  const python = mayUsePip ? await findPip(work.signal) : undefined;
  if (python === undefined) return direct();
  const throughPip = () => downloadThroughPip(python, request, downloads, work);
  const hasBegun = files.some((name) => name.endsWith('.part') && suits(name.slice(0, -'.part'.length), request));
  const [first, second] = hasBegun ? [direct, throughPip] : [throughPip, direct];
  try {
    return await first();
  } catch (error) {
    work.signal.throwIfAborted();
    if (fileErrorCode(error instanceof Error ? error.cause : undefined) !== undefined) throw error;
    work.onLog(`${errorMessage(error)} Another way is tried.`);
    await keepWhatPipLeft(downloads);
    return second();
  }
}
