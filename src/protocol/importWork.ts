/** What is said between the extension host and its child about weights of other programs. Carried as `worker.ts` says. */
import { NotificationType, RequestType } from 'vscode-jsonrpc';

/** What a person knows better than the file. */
export interface SaidOfWeights {
  /** Of the networks in the file. */
  readonly network?: string;
  /** Whose weights they are. */
  readonly library?: string;
}

export interface WeightsQuestion extends SaidOfWeights {
  /** A file of weights, or a model's folder. */
  readonly path: string;
}
export interface WeightsAnswer {
  /** Names of the networks in the file; none when it is the only one. */
  readonly networks: readonly string[];
  /** The one that is taken when none is named. */
  readonly network?: string | undefined;
  readonly library: string;
  /** Other libraries that the tensors could be of. */
  readonly likeLibraries: readonly string[];
  /** Width of the network and the likely number of its heads; absent where the file tells them. */
  readonly heads?: { readonly width: number; readonly likely?: number };
}
/** What there is to ask about a file of weights. */
export const askAboutWeights = new RequestType<WeightsQuestion, WeightsAnswer, void>('askAboutWeights');

export interface ImportWeightsRequest extends WeightsQuestion {
  /** Names the work in its progress. */
  readonly id: number;
  /** The folder to make. */
  readonly out: string;
  readonly numHeads?: number;
}
export interface ImportWeightsAnswer {
  /** What was decided on the way: one sentence each. */
  readonly notes: readonly string[];
}
/** Makes a folder of imported weights; it can be cancelled, and then leaves nothing. */
export const importWeights = new RequestType<ImportWeightsRequest, ImportWeightsAnswer, void>('importWeights');

export interface ImportProgress {
  readonly id: number;
  /** In bytes. */
  readonly done: number;
  readonly total: number;
}
/** At most ten a second. */
export const importProgress = new NotificationType<ImportProgress>('importProgress');
