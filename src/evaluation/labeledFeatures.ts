/** The features of labeled images by the network that is evaluated. */
import type { ImageDataset } from '../data/dataset.js';
import type { Computing } from './evaluation.js';
import { type DatasetFeatures, FeatureExtractor } from './features.js';
import { type FeatureMatrix, normalizeRows } from './knn.js';
import { type LabeledDataset, type LabeledSets, labelsOf } from './labeledSets.js';

export interface LabeledFeatures {
  /** A row an image, each of length 1. */
  readonly features: FeatureMatrix;
  /** [rows], classes counted from 0, the same in both sets. */
  readonly labels: Int32Array;
}

/** Of each set, in one pass of the compiled network. @throws Error with one sentence when no image of a set can be read */
export async function labeledFeatures(
  { train, test, classes }: LabeledSets,
  by: Computing,
): Promise<{ readonly train: LabeledFeatures; readonly test?: LabeledFeatures }> {
  const extractor = await FeatureExtractor.create(by.engine, by.network);
  const of = async (dataset: LabeledDataset): Promise<LabeledFeatures> => {
    const { features, images } = await readableFeatures(extractor, dataset, by);
    normalizeRows(features);
    return { features, labels: labelsOf(dataset, images, classes) };
  };
  try {
    const training = await of(train);
    return { train: training, ...(test && { test: await of(test) }) };
  } finally {
    await extractor.dispose();
  }
}

/** Says which images are left out. @throws Error with one sentence when none can be read */
export async function readableFeatures(
  extractor: FeatureExtractor,
  dataset: ImageDataset,
  { progress, signal, warn }: Pick<Computing, 'progress' | 'signal' | 'warn'>,
): Promise<DatasetFeatures> {
  const extracted = await extractor.extract(dataset, (done) => {
    signal.throwIfAborted();
    progress(done, dataset.size, `features of ${dataset.path}`);
  });
  for (const { message } of extracted.unreadable) warn(message);
  if (extracted.features.rows === 0) throw new Error(`None of the images in ${dataset.path} can be read.`);
  return extracted;
}
