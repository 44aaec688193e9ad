/** Keeps the index of a folder's images up to date: only what is new or was written again is computed. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageDataset } from '../../data/dataset.js';
import { errorMessage } from '../../errors/errorMessage.js';
import { keyOf } from '../../files/derivedFiles.js';
import { fileStamp } from '../../files/fileStamp.js';
import { some } from '../embedding.js';
import type { Computing } from '../evaluation.js';
import { rowOf, stacked } from '../featureRows.js';
import { type DatasetFeatures, FeatureExtractor, type ImagesToSee } from '../features.js';
import { normalizeRows } from '../knn.js';
import { networkIdentity } from '../networkIdentity.js';
import { type FeatureIndex, type IndexedImage, readIndex, writeIndex } from './indexFile.js';

export interface UpdatedIndex {
  readonly index: FeatureIndex;
  /** Index in the data set of each row. */
  readonly images: Int32Array;
  /** How many images were computed, and how many were taken from the file. */
  readonly computed: number;
  readonly kept: number;
  /** One sentence each. */
  readonly notes: readonly string[];
}

/** Where the index of a folder is kept by itself: a file for each folder, and for each network. @param storage folder of DINO Lab */
export const indexPath = (storage: string, { path }: Pick<ImageDataset, 'path'>, identity: string): string =>
  join(storage, 'indexes', `${keyOf([path, identity])}.index`);

/** Makes what stands for an image in an index. */
interface Describing {
  of(images: ImagesToSee, onProgress: (done: number) => void): Promise<DatasetFeatures>;
  dispose(): Promise<void>;
}

type IndexWork = Pick<Computing, 'network' | 'engine' | 'signal' | 'progress' | 'warn'>;

/** Between two looks at the clock. */
const PIECE = 256;
/** What a kill may cost. */
const KEPT_EVERY_MS = 60_000;

/**
 * Work that is stopped, or killed a minute later, is not lost: the index has the images that were computed by then.
 * @param path of the index; it is made when there is none
 * @param isAsked whether a person wants it there: else the search does without a file that cannot be written
 * @param describe makes what stands for an image, when some are new; the network's features of length 1, if not given
 * @throws Error with one sentence when the index is of another network, or cannot be read or written, or no image can be read
 */
export async function updateIndex(
  path: string,
  dataset: ImageDataset,
  by: IndexWork,
  isAsked = true,
  { identity, describe }: IndexedBy = featuresOf(by),
): Promise<UpdatedIndex> {
  // What cannot be read, as in a folder of somebody else's, is computed: whether it can be written is seen then.
  const found = await (isAsked ? readIndex(path) : readIndex(path).catch(() => undefined));
  if (typeof found === 'object' && found.network !== identity)
    throw new Error(
      `The index ${path} is of another network (${found.networkName}): choose another file for that of ${by.network.name}.`,
    );
  const old = typeof found === 'object' ? found : undefined;
  const notes: string[] =
    found === 'incomplete' ? [`The index ${path} is incomplete or damaged, so it is made again.`] : [];
  const seen = await imagesOf(dataset);
  const before = new Map(old?.images.map(({ name, stamp }, row) => [`${stamp} ${name}`, row]));
  const rows = new Map<number, Float32Array>();
  seen.forEach(({ name, stamp }, image) => {
    const row = before.get(`${stamp} ${name}`);
    if (old !== undefined && row !== undefined) rows.set(image, rowOf(old.features, row));
  });
  const kept = rows.size;
  const missing = Int32Array.from(seen.keys()).filter((image) => !rows.has(image));
  const whole = (): UpdatedIndex => {
    const images = Int32Array.from(rows.keys()).sort();
    const features = stacked(Array.from(images, (image) => rows.get(image) as Float32Array));
    const index = {
      network: identity,
      networkName: by.network.name,
      images: Array.from(images, (image) => seen[image] as IndexedImage),
      features,
    };
    return { index, images, computed: rows.size - kept, kept, notes };
  };
  const keep = (index: FeatureIndex) => (isAsked ? writeIndex(path, index) : writtenOrNoted(path, index, notes));
  if (missing.length > 0)
    await compute(dataset, missing, describe, by, rows, async () => {
      if (rows.size > kept) await keep(whole().index);
    });
  if (rows.size === 0) throw new Error(`None of the images in ${dataset.path} can be read.`);
  const updated = whole();
  const isSame = old !== undefined && updated.computed === 0 && kept === old.images.length;
  if (!isSame) await keep(updated.index);
  return updated;
}

/** What stands for an image in an index. */
export interface IndexedBy {
  /** Another one for rows that cannot be compared with these. */
  readonly identity: string;
  describe(): Promise<Describing>;
}

const featuresOf = ({ engine, network }: IndexWork): IndexedBy => ({
  identity: networkIdentity(network),
  async describe() {
    const extractor = await FeatureExtractor.create(engine, network);
    return {
      async of(images, onProgress) {
        const found = await extractor.extract(images, onProgress);
        normalizeRows(found.features);
        return found;
      },
      dispose: () => extractor.dispose(),
    };
  },
});

/** Puts a row for each image that can be read into `rows`; the others are named. */
async function compute(
  dataset: ImageDataset,
  missing: Int32Array,
  describe: () => Promise<Describing>,
  { signal, progress, warn }: IndexWork,
  rows: Map<number, Float32Array>,
  keep: () => Promise<void>,
): Promise<void> {
  const described = await describe();
  const heard = (done: number) => {
    signal.throwIfAborted();
    progress(done, missing.length, `features of ${dataset.path}`);
  };
  let keptAt = performance.now();
  try {
    for (let start = 0; start < missing.length; start += PIECE) {
      const piece = missing.subarray(start, start + PIECE);
      const { features, images, unreadable } = await described.of(some(dataset, piece), (done) => heard(start + done));
      for (const { message } of unreadable) warn(message);
      images.forEach((image, row) => {
        rows.set(piece[image] as number, rowOf(features, row));
      });
      if (performance.now() - keptAt < KEPT_EVERY_MS) continue;
      await keep();
      keptAt = performance.now();
    }
  } catch (error) {
    if (signal.aborted) await keep();
    throw error;
  } finally {
    await described.dispose();
  }
}

/** The search needs no file: the features are computed again the next time. */
const writtenOrNoted = (path: string, index: FeatureIndex, notes: string[]): Promise<void> =>
  writeIndex(path, index).catch((error: unknown) => {
    notes.push(`${errorMessage(error)} The features are not kept.`);
  });

/** With what changes when a file is written again. */
async function imagesOf({ size, source, stamp, nameOf }: ImageDataset): Promise<IndexedImage[]> {
  const images: IndexedImage[] = [];
  for (let image = 0; image < size; image++) {
    const name = nameOf(image);
    // One after the other: a hundred thousand take seconds, and all at once too many open files.
    const file = source.kind === 'folder' ? await stat(join(source.root, name)).catch(() => undefined) : undefined;
    images.push({ name, stamp: source.kind === 'folder' ? (file ? fileStamp(file) : 'none') : stamp });
  }
  return images;
}
