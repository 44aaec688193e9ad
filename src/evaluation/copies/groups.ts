/** Images that are copies of each other. */
import type { FeatureMatrix } from '../knn.js';
import { rowOf, similaritiesTo } from '../retrieval/rank.js';

interface CopyGroup {
  /** Ascending; at least two. Each is a copy of another, but not of all: copies of copies belong together. */
  readonly rows: readonly number[];
  /** The lowest similarity that joined two of them. */
  readonly similarity: number;
}

/**
 * Groups by single linkage, the largest first, of equal ones that with the smallest row.
 * @param features rows of length 1
 * @param least the similarity from which on two images are copies
 */
export function copyGroups(
  features: FeatureMatrix,
  least: number,
  onProgress: (done: number) => void = () => {},
): CopyGroup[] {
  const parents = Int32Array.from({ length: features.rows }, (_, row) => row);
  const weakest = new Float64Array(features.rows).fill(Number.POSITIVE_INFINITY);
  for (let row = 1; row < features.rows; row++) {
    const before = { ...features, rows: row };
    similaritiesTo(before, rowOf(features, row)).forEach((similarity, other) => {
      if (similarity < least) return;
      const [one, two] = [rootOf(parents, other), rootOf(parents, row)];
      const [kept, joined] = one < two ? [one, two] : [two, one];
      if (kept !== joined) {
        parents[joined] = kept;
        weakest[kept] = Math.min(weakest[kept] as number, weakest[joined] as number, similarity);
      }
    });
    onProgress(row + 1);
  }
  const members = new Map<number, number[]>();
  for (let row = 0; row < features.rows; row++) {
    const root = rootOf(parents, row);
    members.set(root, [...(members.get(root) ?? []), row]);
  }
  return [...members]
    .filter(([, rows]) => rows.length > 1)
    .sort(([a, one], [b, other]) => other.length - one.length || a - b)
    .map(([root, rows]) => ({ rows, similarity: weakest[root] as number }));
}

function rootOf(parents: Int32Array, row: number): number {
  let root = row;
  while (parents[root] !== root) {
    const next = parents[root] as number;
    parents[root] = parents[next] as number;
    root = next;
  }
  return root;
}

/** What is a copy of one image, the most similar first. */
export function copiesOf(
  features: FeatureMatrix,
  query: Float32Array,
  least: number,
): { readonly row: number; readonly similarity: number }[] {
  return Array.from(similaritiesTo(features, query), (similarity, row) => ({ row, similarity }))
    .filter(({ similarity }) => similarity >= least)
    .sort((one, other) => other.similarity - one.similarity || one.row - other.row);
}
