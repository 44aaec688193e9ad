/** One training batch, made by the pool ahead of the step. */
export interface CropBatch {
  readonly epoch: number;
  /** Position of the batch in its epoch, from 0. */
  readonly iteration: number;
  /** Index in the data set of each image of the batch. */
  readonly images: Int32Array;
  /** [2 * batch, channels, imageSize, imageSize], crop-major (all images' first global crop, then all second ones), normalized. */
  readonly globals: Float32Array;
  /** [localCrops * batch, channels, localSize, localSize], crop-major, normalized. Empty when localCrops is 0. */
  readonly locals: Float32Array;
  /** Images found unreadable while this batch was made (each replaced by the next readable image of the epoch's order). */
  readonly unreadable: readonly UnreadableImage[];
}

export interface UnreadableImage {
  readonly name: string;
  readonly reason: string;
}

/** At it the hue may become any. */
export const MAX_JITTER_STRENGTH = 5;

/** What DINO's augmentation draws from; scales are shares of the image's area. */
export interface AugmentationSpec {
  readonly globalCropsScale: readonly [number, number];
  readonly localCropsScale: readonly [number, number];
  readonly localCropsNumber: number;
  /** Least and largest standard deviation of the blur, in pixels of the crop. */
  readonly blurRadius: readonly [number, number];
  /** What the numbers of the original's ColorJitter(0.4, 0.4, 0.2, 0.1) are multiplied by, 0 to {@link MAX_JITTER_STRENGTH}. */
  readonly jitterStrength: number;
  /** Of the second global crop. */
  readonly solarizeProbability: number;
  readonly imageSize: number;
  readonly localSize: number;
  readonly channels: number;
}
