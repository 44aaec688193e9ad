/** Features of a data set's images as an embedding: each image's name, its folder, and its features scaled to length 1. */
import type { ImageDataset } from '../data/dataset.js';
import type { Engine } from '../engines/engine.js';
import type { LoadedNetwork } from '../runs/network.js';
import { FeatureExtractor } from './features.js';
import { type FeatureMatrix, normalizeRows } from './knn.js';

export interface Embedding {
  /** [images, dim]; each row has length 1, so that distances are those of cosines. */
  readonly features: FeatureMatrix;
  /** Of each row: the image's path below the folder, or its place in the IDX file. */
  readonly names: readonly string[];
  /** Index in the data set of each row. */
  readonly images: Int32Array;
  /** Index in `classes` of each row, -1: none. */
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /** One sentence for each image that was left out. */
  readonly unreadable: readonly string[];
}

/** With what the data set tells of the images. */
export function embeddingOf(
  dataset: ImageDataset,
  extracted: Pick<Embedding, 'features' | 'images' | 'unreadable'>,
): Embedding {
  const { images } = extracted;
  return {
    ...extracted,
    names: Array.from(images, (image) => dataset.nameOf(image)),
    labels: images.map((image) => dataset.labelOf(image) ?? -1),
    classes: dataset.classes ?? [],
  };
}

/** So many images of a data set, evenly spread; all when there are no more. */
export function spreadImages(dataset: ImageDataset, most: number): Int32Array {
  const count = Math.min(most, dataset.size);
  return Int32Array.from({ length: count }, (_, i) => Math.floor((i * dataset.size) / count));
}

/** Some images of a data set, as a data set of their own. */
export function some(dataset: ImageDataset, chosen: Int32Array): ImageDataset {
  const of = (index: number) => chosen[index] ?? 0;
  return {
    ...dataset,
    size: chosen.length,
    labelOf: (index) => dataset.labelOf(of(index)),
    nameOf: (index) => dataset.nameOf(of(index)),
    read: (index, channels) => dataset.read(of(index), channels),
  };
}

/**
 * @param chosen indices of images in the data set; absent: all
 * @param onProgress hears how many images are done; what it throws ends the work
 * @throws Error when no image can be read
 */
export async function embed(
  dataset: ImageDataset,
  network: LoadedNetwork,
  engine: Engine,
  onProgress: (done: number) => void,
  chosen?: Int32Array,
): Promise<Embedding> {
  const wanted = chosen === undefined ? dataset : some(dataset, chosen);
  const extractor = await FeatureExtractor.create(engine, network);
  try {
    const { features, images, unreadable } = await extractor.extract(wanted, onProgress);
    if (features.rows === 0)
      throw new Error(`None of the images in ${dataset.path} can be read: ${unreadable[0]?.message}`);
    normalizeRows(features);
    return embeddingOf(dataset, {
      features,
      images: images.map((image) => chosen?.[image] ?? image),
      unreadable: unreadable.map(({ message }) => message),
    });
  } finally {
    await extractor.dispose();
  }
}
