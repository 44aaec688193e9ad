/** Evaluations of checkpoints, one after the other: each wants the whole processor. */
import { openDataset } from '../data/dataset.js';
import { storageFolder } from '../engines/storage.js';
import { Turns } from '../engines/turns.js';
import { evaluateCheckpoint } from '../evaluation/evaluateCheckpoint.js';
import { EVALUATIONS } from '../evaluation/evaluations/index.js';
import type {
  EvaluateAnswer,
  EvaluateRequest,
  EvaluationProgress,
  OfferedEvaluation,
} from '../protocol/evaluationWork.js';
import { Throttle } from './throttle.js';

const PROGRESS_EVERY_MS = 100;

export class Evaluations {
  readonly #turns = new Turns();

  /** @param say takes progress @param warn takes sentences about what is left out */
  constructor(
    private readonly say: (progress: EvaluationProgress) => void,
    private readonly warn: (message: string) => void,
  ) {}

  async offered(data: string): Promise<{ evaluations: OfferedEvaluation[] }> {
    const dataset = await openDataset(data);
    return {
      evaluations: EVALUATIONS.map(({ name, title, description, suggest }) => {
        const inputs = suggest(dataset);
        return { name, title, description, ...(typeof inputs === 'string' ? { unfit: inputs } : { inputs }) };
      }),
    };
  }

  /** @throws Error with one sentence; the reason of `stop` when it aborts */
  evaluate(request: EvaluateRequest, stop: AbortSignal): Promise<EvaluateAnswer> {
    return this.#turns.take(() => this.#evaluate(request, stop), stop);
  }

  async #evaluate({ id, name, checkpoint, inputs }: EvaluateRequest, signal: AbortSignal): Promise<EvaluateAnswer> {
    const evaluation = EVALUATIONS.find((one) => one.name === name);
    if (evaluation === undefined) throw new Error(`There is no evaluation ${name}.`);
    const throttle = new Throttle<EvaluationProgress>(PROGRESS_EVERY_MS, (progress) => this.say(progress));
    const { record, network, file } = await evaluateCheckpoint(
      { evaluation, checkpoint, inputs, options: {}, engine: 'auto', storage: storageFolder() },
      {
        signal,
        progress: (done, total, of) => throttle.offer({ id, done, total, of }),
        warn: this.warn,
        note: (notes) => notes.forEach(this.warn),
        leftOut: () => undefined,
      },
    );
    throttle.flush();
    return { checkpointName: network.name, lines: record.lines, ...(file !== undefined && { file }) };
  }
}
