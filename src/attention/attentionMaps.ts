/** What a network attends to in one picture, as plain data. */
export interface AttentionMaps {
  readonly heads: number;
  /** Patches. */
  readonly rows: number;
  readonly columns: number;
  /** [heads, rows * columns]: the CLS token's attention to each patch in the last block (its attention to itself left out). */
  readonly attention: Float32Array;
  /** The resized picture, 8-bit RGB, [height, width, 3]; height and width are multiples of the patch size. */
  readonly picture: Uint8Array;
  readonly width: number;
  readonly height: number;
}
