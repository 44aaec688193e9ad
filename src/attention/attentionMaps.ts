/** What a network attends to in one image, as plain data. */
import type { ImageMap } from './imageMap.js';

export interface AttentionMaps extends Omit<ImageMap, 'values'> {
  readonly heads: number;
  /** [heads, rows * columns]: one query's attention to each patch (what it pays to the CLS token and registers left out). */
  readonly attention: Float32Array;
}

/** A head's attention, or the mean of all heads', [rows * columns]. */
export function headAttention(maps: Pick<AttentionMaps, 'heads' | 'attention'>, head: number | 'mean'): Float32Array {
  const { heads, attention } = maps;
  const patches = attention.length / heads;
  if (head !== 'mean') return attention.subarray(head * patches, (head + 1) * patches);
  const mean = new Float32Array(patches);
  for (let patch = 0; patch < patches; patch++) {
    let sum = 0;
    for (let each = 0; each < heads; each++) sum += attention[each * patches + patch] ?? 0;
    mean[patch] = sum / heads;
  }
  return mean;
}

/** One of the maps by itself. */
export const headMap = (maps: AttentionMaps, head: number | 'mean'): ImageMap => ({
  ...maps,
  values: headAttention(maps, head),
});
