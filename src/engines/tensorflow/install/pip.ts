/** Fetches wheels through pip, which knows the index, proxy, certificates and passwords that its user has set up. */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../../runProgram.js';
import { partOf } from './download.js';
import { PYTHON_TAG, PYTHON_VERSION, type WheelRequest } from './platform.js';
import type { Work } from './progress.js';

const LOOK_EVERY_MS = 500;

/** pip writes here while it works: into `coming` what has come so far, into `whole` what it has verified. */
const foldersIn = (downloads: string) => ({
  coming: path.join(downloads, 'pip', 'coming'),
  whole: path.join(downloads, 'pip', 'whole'),
});

/** The Python on the PATH that has pip; undefined where there is none. */
export async function findPip(signal: AbortSignal): Promise<string | undefined> {
  for (const python of ['python3', 'python']) {
    const { exitCode } = await runProgram(python, ['-m', 'pip', '--version'], { signal });
    if (exitCode === 0) return python;
  }
  return undefined;
}

/**
 * The wheel's path. pip verifies the checksum that its index gives.
 * @throws Error with pip's own last words
 */
export async function downloadThroughPip(
  python: string,
  { project, specifier, platformTags }: WheelRequest,
  downloads: string,
  work: Work,
): Promise<string> {
  const { coming, whole } = foldersIn(downloads);
  await rm(whole, { recursive: true, force: true });
  await mkdir(coming, { recursive: true });
  await mkdir(whole, { recursive: true });
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-cache-dir', '--no-input'];
  args.push('--disable-pip-version-check', '--progress-bar=off', '--dest', whole);
  args.push('--implementation=cp', `--python-version=${PYTHON_VERSION}`, `--abi=${PYTHON_TAG}`);
  args.push(...platformTags.map((tag) => `--platform=${tag}`), `${project}${specifier}`);

  const text = `downloading ${project} with pip`;
  work.onProgress({ text });
  let total: number | undefined;
  const onLine = (line: string) => {
    work.onLog(`pip: ${line}`);
    total = announcedSize(line) ?? total;
  };
  const watch = setInterval(() => {
    void bytesOfWheelsIn(coming).then((done) => {
      if (done > 0 && total !== undefined) work.onProgress({ text, done: Math.min(done, total), total });
    });
  }, LOOK_EVERY_MS);
  try {
    const { exitCode, lines } = await runProgram(python, args, {
      signal: work.signal,
      env: { TMPDIR: coming },
      onLine,
    });
    if (exitCode !== 0) {
      const words = lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? `exit code ${exitCode}`;
      throw new Error(`pip could not download ${project}: ${words.replace(/^ERROR:\s*/, '')}`);
    }
  } finally {
    clearInterval(watch);
  }
  const [name] = (await readdir(whole)).filter((file) => file.endsWith('.whl'));
  if (name === undefined) throw new Error(`pip has downloaded no wheel of ${project}.`);
  const wheel = path.join(downloads, name);
  await rename(path.join(whole, name), wheel);
  return wheel;
}

/**
 * pip itself always begins anew. What came of a wheel before pip was ended is the beginning of that wheel, so it is made the
 * beginning of a download of ours.
 */
export async function keepWhatPipLeft(downloads: string): Promise<void> {
  const { coming } = foldersIn(downloads);
  for (const left of await wheelsIn(coming)) {
    const part = partOf(path.join(downloads, path.basename(left)));
    const [came, had] = await Promise.all(
      [left, part].map(async (file) => (await stat(file).catch(() => undefined))?.size),
    );
    if ((came ?? 0) > (had ?? 0)) await rename(left, part);
  }
  await rm(path.join(downloads, 'pip'), { recursive: true, force: true });
}

/** `Downloading x.whl (273.8 MB)`. */
function announcedSize(line: string): number | undefined {
  const [, size, unit] = /Downloading .*\(([\d.]+) ?(kB|MB|GB)\)/.exec(line) ?? [];
  if (size === undefined || unit === undefined) return undefined;
  return Number(size) * { kB: 1e3, MB: 1e6, GB: 1e9 }[unit as 'kB' | 'MB' | 'GB'];
}

async function wheelsIn(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  return files.filter((file) => file.endsWith('.whl')).map((file) => path.join(folder, file));
}

async function bytesOfWheelsIn(folder: string): Promise<number> {
  const sizes = await Promise.all(
    (await wheelsIn(folder)).map(async (file) => (await stat(file).catch(() => undefined))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
