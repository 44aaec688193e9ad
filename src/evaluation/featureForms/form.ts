/** A form that features are written in. Rows come in blocks, so that memory does not depend on their number. */

/** Some rows that follow each other. */
interface FeatureBlock {
  /** Of the images. */
  readonly names: readonly string[];
  /** Of each row; '' where an image has none. */
  readonly classes: readonly string[];
  /** [names, dim], row by row. */
  readonly rows: Float32Array;
}

/** All rows, which can be gone through more than once. */
export interface FeatureRows {
  readonly count: number;
  readonly dim: number;
  blocks(): AsyncIterable<FeatureBlock>;
}

export interface FeatureForm {
  /** With its dot. */
  readonly ending: string;
  /** @returns the files that were written @throws Error with one sentence */
  write(file: string, features: FeatureRows): Promise<string[]>;
}
