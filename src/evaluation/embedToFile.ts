/** Features of any number of images to a file: memory does not depend on how many there are, and a kill loses a second of work. */
import type { ImageDataset } from '../data/dataset.js';
import type { Engine } from '../engines/engine.js';
import { keyOf } from '../files/derivedFiles.js';
import type { LoadedNetwork } from '../runs/network.js';
import type { FeatureRows } from './featureForms/form.js';
import { featureFormOf } from './featureForms/index.js';
import { FeatureExtractor } from './features.js';
import { normalizeRows } from './knn.js';
import { networkIdentity } from './networkIdentity.js';
import { PartialFeatures } from './partialFeatures.js';

export interface EmbeddedFile {
  readonly files: readonly string[];
  readonly rows: number;
  readonly dim: number;
  /** One sentence for each image that was left out. */
  readonly unreadable: readonly string[];
}

export interface EmbedListener {
  /** Hears how many images are done; what it throws ends the work, which can be resumed. */
  progress(done: number): void;
  /** So many images were done by an earlier process. */
  resumed(done: number): void;
}

/** Rows that are in memory at once, when the file is written. */
const BLOCK_ROWS = 1024;

/**
 * Rows of length 1, in the order of the data set. What is computed goes to `<out>.part` first, from where the same work is resumed.
 * @param out its ending names the form
 * @throws Error with one sentence; when no image can be read
 */
export async function embedToFile(
  dataset: ImageDataset,
  network: LoadedNetwork,
  engine: Engine,
  out: string,
  { progress, resumed }: EmbedListener,
): Promise<EmbeddedFile> {
  const form = featureFormOf(out);
  const extractor = await FeatureExtractor.create(engine, network);
  try {
    const key = keyOf([dataset.path, dataset.stamp, networkIdentity(network), engine.version, extractor.batch]);
    const partial = await PartialFeatures.open(`${out}.part`, key, extractor.dim);
    try {
      if (partial.done > 0) resumed(partial.done);
      for await (const { features, done, unreadable } of extractor.batches(dataset, partial.done)) {
        normalizeRows(features);
        const messages = unreadable.map(({ image, error }) => ({ image, message: error.message }));
        await partial.append(features.data, done, messages);
        progress(done);
      }
      await partial.keep();
      const unreadable = partial.unreadable.map(({ message }) => message);
      if (partial.rows === 0) throw new Error(`None of the images in ${dataset.path} can be read: ${unreadable[0]}`);
      const files = await form.write(out, rowsOf(dataset, partial, extractor.dim));
      await partial.remove();
      return { files, rows: partial.rows, dim: extractor.dim, unreadable };
    } finally {
      await partial.close();
    }
  } finally {
    await extractor.dispose();
  }
}

/** With what the data set tells of the images. */
const rowsOf = (dataset: ImageDataset, partial: PartialFeatures, dim: number): FeatureRows => ({
  count: partial.rows,
  dim,
  async *blocks() {
    for await (const { images, rows } of partial.blocks(BLOCK_ROWS))
      yield {
        names: images.map((image) => dataset.nameOf(image)),
        classes: images.map((image) => dataset.classes?.[dataset.labelOf(image) ?? -1] ?? ''),
        rows,
      };
  },
});
