/** One evaluation of one checkpoint, from its inputs to the result in the run's folder: for the command line and for the worker. */
import { version } from '../../package.json';
import type { LeftOut } from '../data/leftOut.js';
import type { EngineName } from '../engines/abilities.js';
import { chooseEngine } from '../engines/choose.js';
import { errorMessage } from '../errors/errorMessage.js';
import { DerivedFiles } from '../files/derivedFiles.js';
import { type EvaluationRecord, newEvaluationRecord, storeEvaluation } from '../runs/evaluations.js';
import { type LoadedNetwork, type LoadOptions, loadNetwork } from '../runs/network.js';
import type { Computing, Evaluation } from './evaluation.js';
import type { TableOptions } from './tables/tableOptions.js';

export interface EvaluationRequest {
  readonly evaluation: Evaluation;
  /** A run, a checkpoint's folder, or a file of weights. */
  readonly checkpoint: string;
  readonly load?: LoadOptions;
  /** The network of the checkpoint, where it is loaded already. */
  readonly network?: LoadedNetwork;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly tables?: TableOptions;
  readonly engine: EngineName | 'auto';
  /** Where an evaluation that was killed finds what it had; absent: nowhere. */
  readonly storage?: string;
}

export interface EvaluationListener extends Pick<Computing, 'progress' | 'warn' | 'signal'> {
  /** What was decided before anything is computed: one sentence each. */
  note(notes: readonly string[]): void;
  /** What lies in the folder of an input and is not read. */
  leftOut(path: string, leftOut: LeftOut): void;
}

export interface CheckpointEvaluation {
  readonly record: EvaluationRecord;
  readonly network: LoadedNetwork;
  readonly engine: string;
  readonly notes: readonly string[];
  readonly leftOut: Readonly<Record<string, LeftOut>>;
  readonly images: Readonly<Record<string, number>>;
  /** Of `--json`. */
  readonly json: unknown;
  /** In the run's folder, where the checkpoint is one of a run. */
  readonly file?: string;
}

/** Of all that evaluations keep for after a kill. */
const KEPT_BYTES = 2 * 2 ** 30;

/** @throws Error with one sentence; the reason of the signal when it aborts */
export async function evaluateCheckpoint(
  request: EvaluationRequest,
  listener: EvaluationListener,
): Promise<CheckpointEvaluation> {
  const { evaluation, storage } = request;
  const { signal } = listener;
  const opened = await evaluation.open(request.inputs, request.options, { tables: request.tables ?? {}, signal });
  const network = request.network ?? (await loadNetwork(request.checkpoint, request.load));
  const notes = [...opened.notes.map((note) => `${note}.`), ...network.notes];
  listener.note(notes);
  const leftOut: Record<string, LeftOut> = {};
  for (const [name, input] of Object.entries(opened.inputs)) {
    if (input.leftOut === undefined) continue;
    leftOut[name] = input.leftOut;
    listener.leftOut(input.path, input.leftOut);
  }
  const engine = await chooseEngine(request.engine);
  signal.throwIfAborted();
  const kept = storage === undefined ? undefined : new DerivedFiles(`${storage}/evaluations`, '.part', KEPT_BYTES);
  const { images, result, json, summary, lines } = await opened.run({ ...callbacks(listener), network, engine, kept });
  const record = newEvaluationRecord({
    evaluation: evaluation.name,
    version: evaluation.version,
    title: evaluation.title,
    checkpoint: {
      name: network.name,
      ...(network.step !== undefined && { step: network.step }),
      ...(network.network !== undefined && { network: network.network }),
    },
    options: opened.options,
    data: Object.fromEntries(
      Object.entries(opened.inputs).map(([name, { path, fingerprint }]) => [
        name,
        { path, ...(fingerprint !== undefined && { fingerprint }), ...(name in images && { images: images[name] }) },
      ]),
    ),
    date: new Date().toISOString(),
    versions: { 'dino-lab': version, engine: engine.version },
    summary: [...summary],
    lines: [...lines],
    details: result,
  });
  const file = network.run === undefined ? undefined : await storedOrWarned(network.run, record, listener);
  return { record, network, engine: engine.name, notes, leftOut, images, json, ...(file !== undefined && { file }) };
}

/** What was computed is not lost where a run's folder cannot be written, as somebody else's. */
const storedOrWarned = (
  run: string,
  record: EvaluationRecord,
  listener: EvaluationListener,
): Promise<string | undefined> =>
  storeEvaluation(run, record).catch((error: unknown) => {
    listener.warn(errorMessage(error));
    return undefined;
  });

const callbacks = ({
  progress,
  warn,
  signal,
}: EvaluationListener): Pick<Computing, 'progress' | 'warn' | 'signal'> => ({
  progress,
  warn,
  signal,
});
