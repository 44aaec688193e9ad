/**
 * Installs TensorFlow for this machine: its library from Python's package, tfjs-node's binding compiled against it. Everything
 * happens in a folder of its own; the engine that was there stays in use until the new one has been tried.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { lock } from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import { fileErrorCode, fileProblem } from '../../../files/fileProblem.js';
import {
  type Current,
  currentFile,
  findOwnInstallation,
  type Installation,
  tensorflowFolder,
} from '../installation.js';
import { type BindingSources, compileBinding, findCompiler, isHeader } from './compile.js';
import { fetchWheel, type WheelSources } from './fetchWheel.js';
import { PYPI } from './index.js';
import { keepWhatPipLeft } from './pip.js';
import { choosePlatform, type Platform, thisMachine } from './platform.js';
import type { Progress, Work } from './progress.js';
import { requireRoom } from './room.js';
import { tryBinding } from './trial.js';
import { extractWheel, readRequirements } from './wheel.js';

export interface InstallRequest {
  readonly storage: string;
  /** With NVIDIA's libraries, for its GPUs. */
  readonly gpu: boolean;
  readonly binding: BindingSources;
  readonly wheels?: WheelSources;
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
}

export interface Installed extends Installation {
  /** Whether TensorFlow has found a GPU that it can use. */
  readonly usesGpu: boolean;
}

const DOWNLOADS = 'downloads';
const LOG = 'install.log';

/** A lock that was not renewed for this long was left by a process that is gone. */
const STALE_MS = 30_000;

/**
 * Downloads, unpacks, compiles, tries, and only then makes it the TensorFlow of this machine. What has been downloaded is kept
 * when a later step fails or when it is cancelled; everything else of a failed installation is removed.
 * @throws Error with one sentence; the signal's reason when it is aborted
 */
export async function installTensorFlow({ storage, gpu, signal, ...request }: InstallRequest): Promise<Installed> {
  signal.throwIfAborted();
  const platform = choosePlatform(thisMachine(), gpu);
  const home = tensorflowFolder(storage);
  const downloads = path.join(home, DOWNLOADS);
  await mkdir(downloads, { recursive: true }).catch((error: unknown) => {
    throw new Error(`The folder ${downloads} cannot be made: ${fileProblem(error)}.`, { cause: error });
  });
  const release = await takeLock(home);
  const logFile = path.join(home, LOG);
  const log = createWriteStream(logFile);
  // A disk too full for the log is too full for the rest, which says so.
  log.on('error', () => undefined);
  const work: Work = { signal, logFile, onProgress: request.onProgress, onLog: (line) => log.write(`${line}\n`) };

  const folder = `${gpu ? 'gpu' : 'cpu'}-${Date.now().toString(36)}`;
  const directory = path.join(home, folder);
  try {
    await removeLeftovers(storage);
    await keepWhatPipLeft(downloads);
    await requireRoom(home, platform.roomNeeded - (await bytesIn(downloads)));
    const compiler = await findCompiler(signal);
    await mkdir(directory);
    await unpackLibraries(directory, downloads, platform, request.wheels ?? { index: PYPI, mayUsePip: true }, work);
    const binding = await compileBinding(compiler, directory, request.binding, platform, work);
    const { version: tensorflow, usesGpu } = await tryBinding(binding, work);
    signal.throwIfAborted();
    const current: Current = { schema: 2, folder, tensorflow, gpu };
    await writeFileAtomic(currentFile(storage), `${JSON.stringify(current, null, 2)}\n`);
    await rm(downloads, { recursive: true, force: true });
    return { binding, tensorflow, gpu, readsConfig: true, directory, usesGpu };
  } catch (error) {
    await keepWhatPipLeft(downloads);
    await rm(directory, { recursive: true, force: true });
    throw error;
  } finally {
    log.end();
    // Gone already when this process was held up for so long that the lock went stale.
    await release().catch(() => undefined);
  }
}

async function takeLock(home: string): Promise<() => Promise<void>> {
  try {
    return await lock(home, { stale: STALE_MS, onCompromised: () => undefined });
  } catch (error) {
    if (fileErrorCode(error) !== 'ELOCKED')
      throw new Error(`The folder ${home} cannot be locked: ${fileProblem(error)}.`, { cause: error });
    throw new Error('TensorFlow is being installed by another process: wait until it is done, or end it there.');
  }
}

/** What installations that were cut off, and those that were replaced, have left; downloads are kept. */
async function removeLeftovers(storage: string): Promise<void> {
  const inUse = findOwnInstallation(storage)?.directory;
  const home = tensorflowFolder(storage);
  for (const entry of await readdir(home)) {
    const folder = path.join(home, entry);
    if (/^(cpu|gpu)-/.test(entry) && folder !== inUse) await rm(folder, { recursive: true, force: true });
  }
}

/** TensorFlow's libraries and headers and, for GPUs, NVIDIA's libraries, under their paths in Python's site-packages. */
async function unpackLibraries(
  directory: string,
  downloads: string,
  { tensorflow, libraries, gpu }: Platform,
  sources: WheelSources,
  work: Work,
): Promise<void> {
  const wheel = await fetchWheel(tensorflow, downloads, sources, work);
  const wanted = new Set(libraries.map((library) => `tensorflow/${library}`));
  const found = await extractWheel(wheel, directory, (name) => wanted.has(name) || isHeader(name), work);
  const missing = [...wanted].filter((name) => !found.includes(name));
  if (missing.length > 0)
    throw new Error(
      `${path.basename(wheel)} does not hold ${missing.join(' and ')}: see whether there is a newer DINO Lab.`,
    );
  if (!gpu) return;
  for (const request of await readRequirements(wheel, 'and-cuda', tensorflow.platformTags, work.signal)) {
    await extractWheel(await fetchWheel(request, downloads, sources, work), directory, isNvidias, work);
  }
}

/** NVIDIA's libraries, and the assembler and the device code that XLA compiles with. */
const isNvidias = (name: string): boolean =>
  /^nvidia\/[^/]+\/(lib\/.*\.so[.\d]*|bin\/(ptxas|nvlink)|nvvm\/libdevice\/.*)$/.test(name);

async function bytesIn(folder: string): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (name) => (await stat(path.join(folder, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
