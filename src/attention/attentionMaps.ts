/** What a network attends to in one picture, as plain data. */
export interface AttentionMaps {
  readonly heads: number;
  /** Patches. */
  readonly rows: number;
  readonly columns: number;
  /** [heads, rows * columns]: one query's attention to each patch (what it pays to the CLS token left out). */
  readonly attention: Float32Array;
  /** The resized picture, 8-bit RGB, [height, width, 3]; height and width are multiples of the patch size. */
  readonly picture: Uint8Array;
  readonly width: number;
  readonly height: number;
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
