/** Images that are copies of each other. */
import { type Group, groupsAt, type Link } from '../../linkage/linkage.js';
import type { FeatureMatrix } from '../knn.js';
import { similaritiesTo } from '../retrieval/rank.js';

/**
 * The links of a maximum spanning tree of all similarities, by Prim's algorithm, without those below `least`: what tells the groups of
 * copies at every threshold from there on.
 * @param features rows of length 1
 * @param onProgress hears how many rows are joined; it is waited for, and what it throws ends the work
 */
export async function copyLinks(
  features: FeatureMatrix,
  least: number,
  onProgress: (done: number) => void | Promise<void> = () => {},
): Promise<Link[]> {
  const { rows, dim, data } = features;
  const links: Link[] = [];
  /** The rows that are not joined yet, and of each its best link to one that is. */
  const open = Int32Array.from({ length: Math.max(0, rows - 1) }, (_, i) => i + 1);
  const best = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  const nearest = new Int32Array(rows);
  let joined = 0;
  for (let left = open.length; left > 0; left--) {
    const from = data.subarray(joined * dim, (joined + 1) * dim);
    let next = 0;
    for (let place = 0; place < left; place++) {
      const row = open[place] as number;
      const at = row * dim;
      let similarity = 0;
      for (let i = 0; i < dim; i++) similarity += (data[at + i] as number) * (from[i] as number);
      if (similarity > (best[row] as number)) {
        best[row] = similarity;
        nearest[row] = joined;
      }
      if ((best[row] as number) > (best[open[next] as number] as number)) next = place;
    }
    joined = open[next] as number;
    open[next] = open[left - 1] as number;
    const similarity = best[joined] as number;
    if (similarity >= least) links.push({ one: nearest[joined] as number, other: joined, similarity });
    await onProgress(rows - left + 1);
  }
  return links;
}

/** The groups at one threshold. */
export async function copyGroups(
  features: FeatureMatrix,
  least: number,
  onProgress?: (done: number) => void | Promise<void>,
): Promise<Group[]> {
  return groupsAt(await copyLinks(features, least, onProgress), least);
}

/** What is a copy of one image, the most similar first; of equal ones the first row. */
export function copiesOf(
  features: FeatureMatrix,
  query: Float32Array,
  least: number,
): { readonly row: number; readonly similarity: number }[] {
  return Array.from(similaritiesTo(features, query), (similarity, row) => ({ row, similarity }))
    .filter(({ similarity }) => similarity >= least)
    .sort((one, other) => other.similarity - one.similarity);
}
