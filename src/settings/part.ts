import type { z } from 'zod';

/** Settings by key, each with its range, default and description. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/**
 * The settings of one owner (a backbone, a method, an optimizer, the machine). Everything else follows from its keys: what is
 * accepted, what an editor completes, what a table lists, and what a resumed run may change.
 * @typeParam Seen the settings that its rules look at, of this part and of others
 */
export interface SettingsPart<Fixed extends Shape = Shape, Changeable extends Shape = Shape, Seen = never> {
  /** They say what a run computes: a resumed run keeps them. */
  readonly fixed: Fixed;
  /** They say how a run is computed or kept, and not what it computes: they may change when it is resumed. */
  readonly changeable: Changeable;
  /** The value of a setting that is left out, where it follows from other settings or from the machine. */
  readonly derived?: Readonly<Record<string, (settings: Seen) => unknown>>;
  /** Whether its settings mean anything for a run with these; absent: always. */
  readonly applies?: (settings: Seen) => boolean;
  /** What does not go together, of values that are each allowed: one sentence a problem, without its full stop. */
  readonly check?: (settings: Seen) => readonly string[];
}
