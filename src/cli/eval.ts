import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import writeFileAtomic from 'write-file-atomic';
import { openDataset } from '../data/dataset.js';
import { describeLeftOut } from '../data/leftOut.js';
import { storageFolder } from '../engines/storage.js';
import { errorMessage } from '../errors/errorMessage.js';
import { type CheckpointEvaluation, evaluateCheckpoint } from '../evaluation/evaluateCheckpoint.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { EVALUATIONS } from '../evaluation/evaluations/index.js';
import { fileProblem } from '../files/fileProblem.js';
import { METRICS } from '../metrics/catalogue.js';
import { type EvaluationRecord, evaluationTable, evaluationText } from '../runs/evaluations.js';
import { type LoadedNetwork, loadNetwork } from '../runs/network.js';
import { openRun } from '../runs/run.js';
import { counted } from '../text/counted.js';
import { aboutNetwork } from './computing.js';
import { givenFor, withEvaluationFlags } from './evaluationFlags.js';
import {
  type CheckpointOptions,
  type EngineChoice,
  engineOption,
  loadOptions,
  withCheckpointOptions,
  withOutputOptions,
} from './options.js';
import { type LabelFlags, tableOptionsOf } from './tableOptions.js';
import { type OutputOptions, ProgressLine, writeLine, writeNotes, writeResult } from './terminal.js';

interface EvalOptions extends OutputOptions, CheckpointOptions, LabelFlags {
  readonly engine: EngineChoice;
  readonly out?: string;
}
type Flags = EvalOptions & Readonly<Record<string, unknown>>;

/** `dino eval …`: how good a checkpoint's features are. */
export function evalCommand(evaluations = EVALUATIONS): Command {
  const command = new Command('eval').description('measure how good the features of a checkpoint are');
  for (const evaluation of evaluations) command.addCommand(commandOf(evaluation));
  // What is no evaluation would count as an argument of the default one.
  command.hook('preSubcommand', ({ args: [name = '-'] }) => {
    const known = [...evaluations.map((evaluation) => evaluation.name), 'all'];
    if (name.startsWith('-') || known.includes(name)) return;
    command.error(`error: there is no evaluation '${name}'; there are ${known.join(', ')}`);
  });
  return command.addCommand(
    withCommonFlags(withCheckpointOptions(new Command('all').description('every evaluation that fits the images')))
      .option('--all', 'the same: `dino eval --all` is `dino eval all`')
      .option('--data <images>', 'images, in folders of classes or with labels (default: what the run learned from)')
      .action((options: EvalOptions & { readonly data?: string }) => evaluateAll(evaluations, options)),
    { isDefault: true },
  );
}

const commandOf = (evaluation: Evaluation): Command =>
  withCommonFlags(
    withEvaluationFlags(
      withCheckpointOptions(new Command(evaluation.name).description(evaluation.description)),
      evaluation,
    ),
  ).action(async (options: Flags) => {
    const { inputs, options: own } = evaluation;
    requireFolderOf(options.out);
    const done = await evaluate(evaluation, options, givenFor(inputs, options), givenFor(own, options));
    writeResult(options, answerOf(evaluation, done), linesOf(done));
    await writeOut(options.out, [done.record]);
  });

const withCommonFlags = (command: Command): Command =>
  withOutputOptions(
    command
      .addOption(engineOption().default('auto'))
      .option('--out <file>', 'write the result to a .json or .csv file, too', parseOut),
  );

function parseOut(file: string): string {
  if (/\.(?:json|csv)$/i.test(file)) return file;
  throw new InvalidArgumentError('It must end in .json or .csv, which says in which form the result is written.');
}

/** Before anything is computed. */
function requireFolderOf(file: string | undefined): void {
  if (file === undefined) return;
  const folder = dirname(resolve(file));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`The result cannot be written to ${file}: there is no folder ${folder}.`);
}

async function evaluate(
  evaluation: Evaluation,
  options: EvalOptions,
  inputs: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
  network?: LoadedNetwork,
): Promise<CheckpointEvaluation> {
  const line = new ProgressLine();
  try {
    return await evaluateCheckpoint(
      {
        ...{ evaluation, inputs, options: own, checkpoint: options.checkpoint, load: loadOptions(options) },
        ...(network && { network }),
        ...{ tables: tableOptionsOf(options), engine: options.engine, storage: storageFolder() },
      },
      {
        signal: STOP,
        note: writeNotes,
        leftOut: (path, leftOut) => {
          const described = describeLeftOut(leftOut);
          if (described !== undefined) line.note(`warn: left out of ${path}: ${described}`);
        },
        progress: (done, total, of) => line.update(done, total, `${of}: ${done}/${total}`),
        warn: (message) => line.note(`warn: ${message}`),
      },
    );
  } finally {
    line.end();
  }
}

/** Nobody stops a command but by ending its process. */
const STOP = new AbortController().signal;

/** One that fails does not keep the others from being made. */
async function evaluateAll(
  evaluations: readonly Evaluation[],
  options: EvalOptions & { readonly data?: string },
): Promise<void> {
  requireFolderOf(options.out);
  const dataset = await openDataset(options.data ?? (await dataOfRun(options.checkpoint)));
  const answers: Record<string, unknown> = {};
  const summaries: Record<string, number> = {};
  const [files, failed]: [string[], string[]] = [[], []];
  const records: EvaluationRecord[] = [];
  const lines: string[] = [];
  const network = await loadNetwork(options.checkpoint, loadOptions(options));
  for (const evaluation of evaluations) {
    const inputs = evaluation.suggest(dataset);
    const unfit = typeof inputs === 'string' ? inputs : evaluation.unfit(network);
    if (typeof inputs === 'string' || unfit !== undefined) {
      writeLine(`note: ${evaluation.name} is left out: ${unfit}.`);
      continue;
    }
    try {
      const done = await evaluate(evaluation, options, inputs, {}, network);
      records.push(done.record);
      const { summary, file, ...answer } = answerOf(evaluation, done);
      Object.assign(answers, answer);
      Object.assign(summaries, summary);
      if (file !== undefined) files.push(file);
      lines.push(...linesOf(done));
    } catch (error) {
      failed.push(`${evaluation.name}: ${errorMessage(error)}`);
      writeLine(`warn: ${failed.at(-1)}`);
    }
  }
  if (records.length === 0 && failed.length > 0) throw new Error(`No evaluation could be made: ${failed.join(' ')}`);
  if (records.length === 0) throw new Error(`No evaluation fits the images in ${dataset.path}: see the notes above.`);
  writeResult(options, { ...answers, summary: summaries, files, failed }, lines);
  await writeOut(options.out, records);
  if (failed.length > 0)
    throw new Error(
      `${failed.length} of ${counted(failed.length + records.length, 'evaluation')} failed: ${failed.join(' ')}`,
    );
}

async function dataOfRun(checkpoint: string): Promise<string> {
  const run = await openRun(checkpoint).catch(() => undefined);
  if (run === undefined) throw new Error(`${checkpoint} is not a run: say by --data which images to evaluate it on.`);
  return run.record.dataset.path;
}

const answerOf = (
  { name }: Evaluation,
  { network, engine, notes, images, leftOut, json, record, file }: CheckpointEvaluation,
) => ({
  ...aboutNetwork(network),
  engine,
  notes,
  ...images,
  leftOut,
  [name]: json,
  summary: Object.fromEntries(record.summary.map(({ metric, value }) => [metric, value])),
  ...(file !== undefined && { file }),
});

const linesOf = ({ record, file }: CheckpointEvaluation): string[] => [
  `${record.title} of ${record.checkpoint.name}:`,
  ...record.lines.map((line) => `  ${line}`),
  ...(file === undefined ? [] : [`  kept in ${file}`]),
];

/** A single result is the record itself, several are a list. */
async function writeOut(file: string | undefined, records: readonly EvaluationRecord[]): Promise<void> {
  const [first, ...others] = records;
  if (file === undefined || first === undefined) return;
  const json = () => (others.length === 0 ? evaluationText(first) : `${JSON.stringify(records, null, 2)}\n`);
  const text = /\.csv$/i.test(file) ? evaluationTable(records, METRICS) : json();
  await writeFileAtomic(file, text).catch((error: unknown) => {
    throw new Error(`The result cannot be written to ${file}: ${fileProblem(error)}.`);
  });
}
