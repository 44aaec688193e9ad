/** One value for each place of an image, and the image that they belong to. */
export interface ImageMap {
  readonly rows: number;
  readonly columns: number;
  /** [rows * columns]; places are equally large and together cover the image. */
  readonly values: Float32Array;
  /** The resized image, 8-bit RGB, [height, width, 3]. */
  readonly image: Uint8Array;
  readonly width: number;
  readonly height: number;
}
