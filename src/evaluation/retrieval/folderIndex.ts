/** Keeps the index of a folder's images up to date: only what is new or was written again is computed. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageDataset } from '../../data/dataset.js';
import { errorMessage } from '../../errors/errorMessage.js';
import { fileStamp } from '../../files/fileStamp.js';
import { some } from '../embedding.js';
import type { Computing } from '../evaluation.js';
import { FeatureExtractor } from '../features.js';
import { normalizeRows } from '../knn.js';
import { networkIdentity } from '../networkIdentity.js';
import { type FeatureIndex, type IndexedImage, readIndex, writeIndex } from './indexFile.js';
import { rowOf } from './rank.js';

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

/**
 * @param path of the index; it is made when there is none
 * @param isAsked whether a person wants it there: else the search does without a file that cannot be written
 * @throws Error with one sentence when the index is of another network, or cannot be read or written, or no image can be read
 */
export async function updateIndex(
  path: string,
  dataset: ImageDataset,
  by: Pick<Computing, 'network' | 'engine' | 'signal' | 'progress' | 'warn'>,
  isAsked = true,
): Promise<UpdatedIndex> {
  const network = networkIdentity(by.network);
  // What cannot be read, as in a folder of somebody else's, is computed: whether it can be written is seen then.
  const found = await (isAsked ? readIndex(path) : readIndex(path).catch(() => undefined));
  if (typeof found === 'object' && found.network !== network)
    throw new Error(
      `The index ${path} is of another network (${found.networkName}): choose another file for that of ${by.network.name}.`,
    );
  const old = typeof found === 'object' ? found : undefined;
  const notes: string[] =
    found === 'incomplete' ? [`The index ${path} is incomplete or damaged, so it is made again.`] : [];
  const seen = await imagesOf(dataset);
  const rows = new Map(old?.images.map(({ name, stamp }, row) => [`${stamp} ${name}`, row]));
  const rowBefore = seen.map(({ name, stamp }) => rows.get(`${stamp} ${name}`));
  const missing = Int32Array.from(rowBefore.keys()).filter((image) => rowBefore[image] === undefined);
  const made = await featuresOf(dataset, missing, by);
  const kept = Array.from(seen.keys()).filter((image) => rowBefore[image] !== undefined);
  const all = [
    ...kept.map((image) => ({ image, row: old && rowOf(old.features, rowBefore[image] as number) })),
    ...made.map(([image, row]) => ({ image, row })),
  ].sort((one, other) => one.image - other.image);
  const dim = all[0]?.row?.length;
  if (dim === undefined) throw new Error(`None of the images in ${dataset.path} can be read.`);
  const data = new Float32Array(all.length * dim);
  all.forEach(({ row }, at) => {
    if (row !== undefined) data.set(row, at * dim);
  });
  const index: FeatureIndex = {
    network,
    networkName: by.network.name,
    images: all.map(({ image }) => seen[image] as IndexedImage),
    features: { rows: all.length, dim, data },
  };
  const isSame = old !== undefined && made.length === 0 && kept.length === old.images.length;
  if (!isSame) await (isAsked ? writeIndex(path, index) : writtenOrNoted(path, index, notes));
  return {
    index,
    images: Int32Array.from(all, ({ image }) => image),
    computed: made.length,
    kept: kept.length,
    notes,
  };
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

/** The image's index in the data set, and its feature of length 1. Unreadable ones are left out and named. */
async function featuresOf(
  dataset: ImageDataset,
  missing: Int32Array,
  { engine, network, signal, progress, warn }: Pick<Computing, 'network' | 'engine' | 'signal' | 'progress' | 'warn'>,
): Promise<[image: number, row: Float32Array][]> {
  if (missing.length === 0) return [];
  const extractor = await FeatureExtractor.create(engine, network);
  try {
    const { features, images, unreadable } = await extractor.extract(some(dataset, missing), (done) => {
      signal.throwIfAborted();
      progress(done, missing.length, `features of ${dataset.path}`);
    });
    for (const { message } of unreadable) warn(message);
    normalizeRows(features);
    return Array.from(images, (image, row) => [missing[image] as number, rowOf(features, row)]);
  } finally {
    await extractor.dispose();
  }
}
