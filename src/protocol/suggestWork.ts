/** What is said between the extension host and its child about settings that suit a data set and this machine. Carried as `worker.ts` says. */
import { RequestType } from 'vscode-jsonrpc';
import type { TrainRequest } from './worker.js';

/** A training that is thought of. */
export type SuggestQuestion = Omit<TrainRequest, 'run' | 'resume'>;

export type SuggestedSubject = 'network' | 'batch' | 'prototypes' | 'crops' | 'epochs' | 'engine';

export interface SuggestedLine {
  readonly subject: SuggestedSubject;
  readonly value: string;
  /** One clause. */
  readonly reason: string;
}

export interface SuggestAnswer {
  readonly preset?: string | undefined;
  /** Beyond what the preset makes of the data: to be set for the run. */
  readonly set: Readonly<Record<string, unknown>>;
  /** All settings of the run. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly lines: readonly SuggestedLine[];
  /** Estimated, in seconds; absent: not known. */
  readonly seconds?: number | undefined;
  /** Estimated, in bytes; absent: not known. */
  readonly memory?: number | undefined;
  /** Memory of the machine that is free now, in bytes. */
  readonly free: number;
  /** The preset that takes the place of the one that was asked for, which would be refused for its memory. */
  readonly insteadPreset?: string | undefined;
  /** What to know before the start: one sentence each. */
  readonly warnings: readonly string[];
}
/** Makes no step. */
export const suggest = new RequestType<SuggestQuestion, SuggestAnswer, void>('suggest');

export interface TrialAnswer {
  /** Of the whole run, in seconds. */
  readonly seconds: number;
  /** Of the whole run at its peak, in bytes. */
  readonly memory: number;
}
/** Makes the first steps, in a process that does nothing else; it can be cancelled. Null when the first of them takes too long. */
export const tryOut = new RequestType<SuggestQuestion, TrialAnswer | null, void>('tryOut');
