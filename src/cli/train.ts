import { Command, Option } from 'commander';
import type { LeftOut } from '../data/leftOut.js';
import { endProcess, nativeWorkIsUnderWay } from '../engines/underWay.js';
import type { TrainPhase, TrainProgress } from '../protocol/worker.js';
import { openRun, type RunRecord } from '../runs/run.js';
import { parseKeyValues } from '../settings/keyValue.js';
import { PRESET_NAMES } from '../settings/presets.js';
import type { TrainRun } from '../training/prepare.js';
import { train } from '../training/trainer.js';
import { cropWorkerFile } from './cropWorkerFile.js';
import { diagnosisLines, diagnosisOf } from './diagnosisLines.js';
import { describeDuration } from './duration.js';
import { collectSetting, engineOption, methodOption, parseCount, withOutputOptions } from './options.js';
import { stopOnSignals } from './signals.js';
import { type OutputOptions, ProgressLine, writeLine, writeResult } from './terminal.js';

/** Of a command that trains. */
export interface RunOptions extends OutputOptions {
  readonly out: string;
  readonly config?: string;
  readonly set: readonly string[];
  readonly engine?: string;
  readonly resume: boolean;
  readonly maxSteps?: number;
  readonly name?: string;
}

interface TrainOptions extends RunOptions {
  readonly preset?: string;
  readonly method?: string;
  readonly init?: string;
  readonly initHead?: 'new' | 'kept';
}

/** `dino train DATA --out RUN`: trains until the last epoch, --max-steps, or a signal such as Ctrl-C (which saves first). */
export const trainCommand = (): Command =>
  withRunOptions(
    new Command('train')
      .description('train on a folder of images (sub-folders are classes, where there are any) or an IDX file')
      .argument('<data>', 'the folder of images, or the folder or file of an IDX data set')
      .addOption(methodOption())
      .option('--preset <name>', `what the settings start from: ${PRESET_NAMES.join(', ')}`)
      .option(
        '--init <path>',
        'weights that student and teacher start from: a run, a checkpoint, imported weights, or a file of another program',
      )
      .addOption(
        new Option(
          '--init-head <which>',
          'the projection head of a run that starts from weights: a new one, which is the default, or theirs',
        ).choices(['new', 'kept']),
      ),
  ).action((data: string, options: TrainOptions) => {
    const { method, preset, init, initHead = 'new' } = options;
    if (initHead === 'kept' && init === undefined)
      throw new Error(
        '--init-head kept takes the projection head of weights that a run starts from: say by --init which weights, or leave --init-head out.',
      );
    return trainAndReport(options, {
      ...requestOf(data, options, method === undefined ? {} : { method }),
      ...(preset !== undefined && { preset }),
      ...(init !== undefined && { init: { path: init, head: initHead } }),
    });
  });

/** The options of all commands that train. */
export const withRunOptions = (command: Command): Command =>
  withOutputOptions(
    command
      .requiredOption('--out <run>', 'run directory to make, or to resume when --resume is given')
      .option(
        '--config <file>',
        "JSON file of settings, or a run of the original's: its args.txt, its command, its .pth, or DINOv2's .yaml",
      )
      .option('--set <key=value>', 'one setting, which wins over file and preset; can be repeated', collectSetting, [])
      .addOption(engineOption())
      .option('--resume', 'resume the run from its latest checkpoint', false)
      .option('--max-steps <n>', 'stop, and save, when the run has this many steps in all', parseCount)
      .option('--name <name>', 'name of the run'),
  );

/** What these options ask for. @param settings besides those of `--set` and `--engine`, which win */
export const requestOf = (
  data: string,
  options: RunOptions,
  settings: Readonly<Record<string, unknown>> = {},
): TrainRun => ({
  data,
  run: options.out,
  resume: options.resume,
  settings: {
    ...settings,
    ...parseKeyValues(options.set),
    ...(options.engine !== undefined && { engine: options.engine }),
  },
  ...(options.config !== undefined && { configFile: options.config }),
  ...(options.maxSteps !== undefined && { maxSteps: options.maxSteps }),
  ...(options.name !== undefined && { name: options.name }),
});

/** Trains until the run ends, and says how it did. */
export async function trainAndReport(options: RunOptions, request: TrainRun): Promise<void> {
  const line = new ProgressLine();
  const stop = stopOnSignals(() =>
    line.note('stopping: the step is finished and saved first (again to quit without that)'),
  );
  let phase: TrainPhase | undefined;
  let last: TrainProgress | undefined;
  let leftOut: LeftOut | undefined;
  const end = await train(request, {
    stop,
    cropWorkerFile,
    events: {
      onDataset: (dataset) => {
        leftOut = dataset.leftOut;
      },
      onProgress: (progress) => {
        if (progress.phase !== phase && (progress.phase === 'reading data' || progress.phase === 'compiling')) {
          line.note(progress.phase === 'compiling' ? `compiling for ${progress.engine}` : progress.phase);
        } else if (progress.phase === 'compiling' && progress.phaseSeconds !== undefined) {
          line.update(0, 1, `compiling for ${progress.engine}, ${Math.round(progress.phaseSeconds)} s`);
        }
        phase = progress.phase;
        if (progress.teacher !== undefined) {
          const { computed, of } = progress.teacher;
          line.update(computed, of, `computing the teacher, batch ${computed}/${of}`);
        }
        if (phase === 'training' && progress.loss !== undefined) {
          last = progress;
          line.update(progress.step, progress.totalSteps, describeProgress(progress));
        }
      },
      onLog: (level, message) => {
        if (level !== 'debug' || options.verbose) line.note(level === 'info' ? message : `${level}: ${message}`);
      },
    },
  }).finally(() => line.end());

  const diagnosis = await diagnosisOf(options.out);
  if (diagnosis !== undefined && diagnosis.kind !== 'too-early')
    for (const text of diagnosisLines(diagnosis)) writeLine(text);
  if (end.reason === 'failed') {
    if (options.json) writeResult(options, { run: options.out, ...end, leftOut, diagnosis }, []);
    throw new Error(end.message);
  }
  const loss = last?.loss === undefined ? '' : `, loss ${last.loss.toFixed(4)}`;
  const best = await bestOf(options.out);
  const result = {
    run: options.out,
    ...end,
    leftOut,
    ...(best && { best }),
    loss: last?.loss,
    imagesPerSecond: last?.imagesPerSecond,
    diagnosis,
  };
  writeResult(options, result, [
    end.checkpoint === undefined
      ? 'Stopped before the first step: there is nothing to save.'
      : `${ENDINGS[end.reason]} after step ${end.step}${loss}: ${end.checkpoint}`,
    ...(best
      ? [`Best accuracy on images that are not learned from: ${best.test_top1.toFixed(2)} %, of step ${best.step}`]
      : []),
  ]);
  // Stopped while the step was compiled, which goes on as long as this process does.
  if (stop.aborted && nativeWorkIsUnderWay()) endProcess(0, stop.reason as NodeJS.Signals);
}

/** Of a fine-tuning; a damaged record is no reason to withhold the rest. */
const bestOf = async (run: string): Promise<RunRecord['best']> =>
  (await openRun(run).catch(() => undefined))?.record.best;

const ENDINGS = { finished: 'Finished', stopped: 'Stopped', 'max-steps': 'Stopped' } as const;

function describeProgress({
  step,
  totalSteps,
  epoch,
  epochs,
  loss,
  imagesPerSecond,
  etaSeconds,
}: TrainProgress): string {
  return [
    `step ${step}/${totalSteps}`,
    `epoch ${epoch.toFixed(2)}/${epochs}`,
    loss === undefined ? undefined : `loss ${loss.toFixed(4)}`,
    imagesPerSecond === undefined ? undefined : `${imagesPerSecond.toFixed(1)} images/s`,
    etaSeconds === undefined ? undefined : `${describeDuration(etaSeconds)} left`,
  ]
    .filter((part) => part !== undefined)
    .join('  ');
}
