/** What the features of an embedding say about single images: which are near, and which class those near have. */
import type { FeatureMatrix } from './knn.js';

/** As k-NN evaluation weighs them. */
const TEMPERATURE = 0.07;

/**
 * The rows with the largest dot products with one row, itself left out, largest first.
 * @param features rows of length 1, so that the products are cosines
 */
export function mostSimilar(
  { rows, dim, data }: FeatureMatrix,
  row: number,
  k: number,
): { readonly images: Int32Array; readonly similarities: Float32Array } {
  const similarities = new Float32Array(rows);
  for (let other = 0; other < rows; other++) {
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += (data[row * dim + d] as number) * (data[other * dim + d] as number);
    similarities[other] = sum;
  }
  const order = Int32Array.from({ length: rows }, (_, other) => other).filter((other) => other !== row);
  order.sort((one, two) => (similarities[two] as number) - (similarities[one] as number) || one - two);
  const images = order.slice(0, k);
  return { images, similarities: Float32Array.from(images, (other) => similarities[other] as number) };
}

/**
 * The class that each row's neighbors vote for, each with exp(similarity / temperature); -1 when none of them has a class.
 * @param indices [rows, k], without the row itself; @param distances [rows, k], between rows of length 1
 */
export function votedClasses(
  { k, indices, distances }: { readonly k: number; readonly indices: Int32Array; readonly distances: Float32Array },
  labels: Int32Array,
): Int32Array {
  const votes = new Map<number, number>();
  return labels.map((_, row) => {
    votes.clear();
    let winner = -1;
    let most = 0;
    for (let rank = 0; rank < k; rank++) {
      const label = labels[indices[row * k + rank] as number] as number;
      if (label < 0) continue;
      const similarity = 1 - (distances[row * k + rank] as number) ** 2 / 2;
      const vote = (votes.get(label) ?? 0) + Math.exp(similarity / TEMPERATURE);
      votes.set(label, vote);
      if (vote > most) {
        most = vote;
        winner = label;
      }
    }
    return winner;
  });
}
