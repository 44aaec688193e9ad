/** What lies nearest to a query, by exact search. */
import type { FeatureMatrix } from '../knn.js';

/**
 * The inner product of a query with each row, [rows], in float64: cosine similarities where all have length 1.
 * @throws Error when the query has another number of dimensions
 */
export function similaritiesTo({ rows, dim, data }: FeatureMatrix, query: ArrayLike<number>): Float64Array {
  if (query.length !== dim) throw new Error(`the query has ${query.length} dimensions and what is searched has ${dim}`);
  const similarities = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const at = row * dim;
    let sum = 0;
    for (let i = 0; i < dim; i++) sum += (data[at + i] as number) * (query[i] as number);
    similarities[row] = sum;
  }
  return similarities;
}

/** All indices, the largest similarity first; of equal ones the smaller index. */
export const ranking = (similarities: Float64Array): Int32Array =>
  Int32Array.from(similarities.keys()).sort(
    (a, b) => (similarities[b] as number) - (similarities[a] as number) || a - b,
  );

/**
 * The first `k` of {@link ranking}, without sorting the rest.
 * @param k above the number of similarities it is all of them
 * @param excluded an index that is left out, such as the query's own
 */
export function largest(similarities: Float64Array, k: number, excluded = -1): number[] {
  const found: number[] = [];
  for (let index = 0; index < similarities.length; index++) {
    if (index === excluded) continue;
    const value = similarities[index] as number;
    if (found.length >= k && !(value > (similarities[found.at(-1) ?? 0] as number))) continue;
    let place = found.length;
    while (place > 0 && value > (similarities[found[place - 1] as number] as number)) place--;
    found.splice(place, 0, index);
    if (found.length > k) found.pop();
  }
  return found;
}
