import { Command } from 'commander';
import { describeLeftOut } from '../data/leftOut.js';
import { chooseEngine } from '../engines/choose.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { EVALUATIONS } from '../evaluation/evaluations/index.js';
import { loadNetwork } from '../runs/network.js';
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
import { type OutputOptions, ProgressLine, writeNotes, writeResult } from './terminal.js';

interface EvalOptions extends OutputOptions, CheckpointOptions, LabelFlags {
  readonly engine: EngineChoice;
}

/** `dino eval …`: how good a checkpoint's features are. */
export function evalCommand(evaluations = EVALUATIONS): Command {
  const command = new Command('eval').description('measure how good the features of a checkpoint are');
  for (const evaluation of evaluations) command.addCommand(commandOf(evaluation));
  return command;
}

const commandOf = (evaluation: Evaluation): Command =>
  withOutputOptions(
    withEvaluationFlags(
      withCheckpointOptions(new Command(evaluation.name).description(evaluation.description)),
      evaluation,
    ).addOption(engineOption().default('auto')),
  ).action((options: EvalOptions & Readonly<Record<string, unknown>>) => evaluate(evaluation, options));

async function evaluate(
  evaluation: Evaluation,
  options: EvalOptions & Readonly<Record<string, unknown>>,
): Promise<void> {
  const opened = await evaluation.open(givenFor(evaluation.inputs, options), givenFor(evaluation.options, options), {
    tables: tableOptionsOf(options),
  });
  const network = await loadNetwork(options.checkpoint, loadOptions(options));
  const notes = [...opened.notes.map((note) => `${note}.`), ...network.notes];
  writeNotes(notes);
  const engine = await chooseEngine(options.engine);
  const line = new ProgressLine();
  for (const { path, leftOut } of Object.values(opened.inputs)) {
    const described = leftOut && describeLeftOut(leftOut);
    if (described !== undefined) line.note(`warn: left out of ${path}: ${described}`);
  }
  try {
    const outcome = await opened.run({
      network,
      engine,
      signal: new AbortController().signal,
      progress: (done, total, of) => line.update(done, total, `${of}: ${done}/${total}`),
      warn: (message) => line.note(`warn: ${message}`),
    });
    line.end();
    writeResult(
      options,
      {
        checkpoint: network.name,
        network: network.network ?? null,
        step: network.step,
        engine: engine.name,
        notes,
        ...outcome.images,
        leftOut: Object.fromEntries(
          Object.entries(opened.inputs).flatMap(([name, { leftOut }]) => (leftOut ? [[name, leftOut]] : [])),
        ),
        [evaluation.name]: outcome.json,
      },
      [`${network.name}:`, ...outcome.lines],
    );
  } finally {
    line.end();
  }
}
