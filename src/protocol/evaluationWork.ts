/** What is said between the extension host and its child about evaluations of checkpoints. Carried as `worker.ts` says. */
import { NotificationType, RequestType } from 'vscode-jsonrpc';

export interface OfferedEvaluation {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** For the images that were asked about; absent where it does not fit them. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** What they lack, a clause without its full stop. */
  readonly unfit?: string;
}
/** Which evaluations make sense for a folder of images, or an IDX file. */
export const offeredEvaluations = new RequestType<
  { readonly data: string },
  { readonly evaluations: readonly OfferedEvaluation[] },
  void
>('offeredEvaluations');

export interface EvaluateRequest {
  /** Names the work in its progress. */
  readonly id: number;
  readonly name: string;
  /** A run, a checkpoint folder, or a file of weights. */
  readonly checkpoint: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}
export interface EvaluateAnswer {
  readonly checkpointName: string;
  /** The result for people. */
  readonly lines: readonly string[];
  /** Where it is kept; absent where the checkpoint is of no run. */
  readonly file?: string;
}
/** One evaluation of one checkpoint; it can be cancelled. */
export const evaluate = new RequestType<EvaluateRequest, EvaluateAnswer, void>('evaluate');

export interface EvaluationProgress {
  readonly id: number;
  readonly done: number;
  readonly total: number;
  /** Of what, such as `features of /images`. */
  readonly of: string;
}
/** At most ten a second. */
export const evaluationProgress = new NotificationType<EvaluationProgress>('evaluationProgress');
