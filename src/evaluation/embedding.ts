/** Features of a data set's pictures as an embedding: each picture's name, its folder, and its features scaled to length 1. */
import type { ImageDataset } from '../data/dataset.js';
import type { Engine } from '../engines/engine.js';
import type { LoadedNetwork } from '../runs/weights.js';
import { FeatureExtractor } from './features.js';
import { type FeatureMatrix, normalizeRows } from './knn.js';

export interface Embedding {
  /** [pictures, dim]; each row has length 1, so that distances are those of cosines. */
  readonly features: FeatureMatrix;
  /** Of each row: the picture's path below the folder, or its place in the IDX file. */
  readonly names: readonly string[];
  /** Index in the data set of each row. */
  readonly images: Int32Array;
  /** Index in `classes` of each row, -1: none. */
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /** One sentence for each picture that was left out. */
  readonly unreadable: readonly string[];
}

/**
 * @param onProgress hears how many pictures are done; what it throws ends the work
 * @throws Error when no picture can be read
 */
export async function embed(
  dataset: ImageDataset,
  network: LoadedNetwork,
  engine: Engine,
  onProgress: (done: number) => void,
): Promise<Embedding> {
  const extractor = await FeatureExtractor.create(engine, network);
  try {
    const { features, images, unreadable } = await extractor.extract(dataset, onProgress);
    if (features.rows === 0)
      throw new Error(`None of the ${dataset.size} pictures in ${dataset.path} can be read: ${unreadable[0]?.message}`);
    normalizeRows(features);
    return {
      features,
      images,
      names: Array.from(images, (image) => dataset.nameOf(image)),
      labels: images.map((image) => dataset.labelOf(image) ?? -1),
      classes: dataset.classes ?? [],
      unreadable: unreadable.map(({ message }) => message),
    };
  } finally {
    await extractor.dispose();
  }
}
