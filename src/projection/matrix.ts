/** One image a row. */
export interface Matrix {
  readonly rows: number;
  readonly dim: number;
  /** [rows, dim], row-major. */
  readonly data: Float32Array;
}

/** Called between pieces of long work, with the share that is done; what it throws ends the work. */
export type Pace = (share: number) => Promise<void>;
