/** What images of an index are most like another image. */

import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageDataset } from '../../data/dataset.js';
import { readImage } from '../../data/image.js';
import type { Computing } from '../evaluation.js';
import { chosenRows } from '../featureRows.js';
import { FeatureExtractor } from '../features.js';
import { type FeatureMatrix, normalizeRows } from '../knn.js';
import type { UpdatedIndex } from './folderIndex.js';
import type { RowGraph } from './graphFile.js';
import { largest, similaritiesTo } from './rank.js';

interface Match {
  /** Of the index. */
  readonly row: number;
  readonly name: string;
  /** 1 less the cosine of the features: 0 for the same image, at most 2. */
  readonly distance: number;
}

/** The feature of an image file, of length 1. @throws UnreadableImageError */
export async function featureOfFile(
  path: string,
  { engine, network }: Pick<Computing, 'engine' | 'network'>,
): Promise<Float32Array> {
  const extractor = await FeatureExtractor.create(engine, network, { batch: 1 });
  try {
    const query = { size: 1, read: (_: number, channels: number) => readImage(path, path, channels) };
    const { features, unreadable } = await extractor.extract(query);
    const [problem] = unreadable;
    if (problem !== undefined) throw problem;
    normalizeRows(features);
    return features.data;
  } finally {
    await extractor.dispose();
  }
}

/** The row of a file that lies in the indexed folder itself. */
export async function rowOfFile(path: string, { source }: ImageDataset, { index }: UpdatedIndex): Promise<number> {
  if (source.kind !== 'folder') return -1;
  const real = await realpath(path);
  for (const [row, { name }] of index.images.entries()) {
    // Only a file of the same name is worth a look.
    if (
      real.endsWith(name.split('/').at(-1) ?? '') &&
      (await realpath(join(source.root, name)).catch(() => '')) === real
    )
      return row;
  }
  return -1;
}

/** Or as many as there are. */
export const USUAL_K = 10;

/** So many of what the graph finds are compared again, at least. */
const LEAST_CANDIDATES = 100;

/**
 * The k most similar rows, the nearest first.
 * @param own a row that is left out
 * @param graph where there is one: about the nearest rows, and the exact order among them
 */
export function nearestRows(
  features: FeatureMatrix,
  query: Float32Array,
  k: number,
  own: number,
  graph?: RowGraph,
): { readonly row: number; readonly similarity: number }[] {
  const found = graph?.graph.near(query, Math.max(LEAST_CANDIDATES, 4 * k)).map((row) => graph.rowOf[row] ?? -1);
  const near = found?.filter((row) => row >= 0) ?? [];
  // Without a graph; and where what is gone since it was made was all that lay near. The query's own row may be one of those near.
  if (graph === undefined || near.length <= k) {
    const similarities = similaritiesTo(features, query);
    return largest(similarities, k, own).map((row) => ({ row, similarity: similarities[row] as number }));
  }
  const candidates = [...near, ...graph.others];
  const similarities = similaritiesTo(chosenRows(features, candidates), query);
  return largest(similarities, k, candidates.indexOf(own)).map((at) => ({
    row: candidates[at] as number,
    similarity: similarities[at] as number,
  }));
}

/**
 * The k most similar images, the nearest first.
 * @param wanted k; absent: {@link USUAL_K}, or all where there are fewer
 * @param own a row that is left out
 * @throws Error with one sentence when there are fewer than k
 */
export function mostSimilar(
  { index }: Pick<UpdatedIndex, 'index'>,
  query: Float32Array,
  wanted: number | undefined,
  own: number,
  graph?: RowGraph,
): Match[] {
  const { features, images } = index;
  const others = own < 0 ? images.length : images.length - 1;
  const k = wanted ?? Math.min(USUAL_K, others);
  if (k > others)
    throw new Error(
      `There are only ${others} ${own < 0 ? 'images' : 'images besides the query itself'} to find: choose a k of at most ${others}.`,
    );
  return nearestRows(features, query, k, own, graph).map(({ row, similarity }) => ({
    row,
    name: images[row]?.name ?? '',
    distance: Math.max(0, 1 - similarity),
  }));
}
