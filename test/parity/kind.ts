/** What every kind of reference folder is to the parity tests. */
import type { Engine, Precision } from '../../src/engines/engine.js';
import type { Difference } from './difference.js';

export interface Kind {
  readonly name: string;
  /** What its `expected.json` has, for people. */
  readonly tellBy: string;
  /** Whether an `expected.json` with this content is of this kind. */
  recognizes(json: Readonly<Record<string, unknown>>): boolean;
  /**
   * Reads a folder and makes sure that all is there that a replay needs.
   * @throws Error with one sentence that names the file, and in it the key or the tensor
   */
  read(dir: string, file: string, json: unknown): Replayable;
}

/** The values of one folder, to be met. */
export interface Replayable {
  /** The precisions for which limits are known. */
  readonly precisions: readonly Precision[];
  /** Tensors that no replay knows. */
  readonly leftOut: readonly string[];
  /** Tensors that the original does not define, each with the reason: they are not compared. */
  readonly arbitrary?: readonly string[];
  /** What does not depend on the engine. */
  withoutEngine(): AsyncIterable<Difference> | Iterable<Difference>;
  /** Everything that an engine, opened with this precision, computes. */
  on(engine: Engine, precision: Precision): AsyncIterable<Difference>;
  /** How many differences these two have. */
  count(precision: Precision): { readonly withoutEngine: number; readonly on: number };
}
