import { Command, Option } from 'commander';
import type { LeftOut } from '../data/leftOut.js';
import { endProcess, nativeWorkIsUnderWay } from '../engines/underWay.js';
import type { TrainPhase, TrainProgress } from '../protocol/worker.js';
import { PRESET_NAMES } from '../settings/presets.js';
import type { TrainRun } from '../training/prepare.js';
import { train } from '../training/trainer.js';
import { cropWorkerFile } from './cropWorkerFile.js';
import { diagnosisLines, diagnosisOf } from './diagnosisLines.js';
import { collectSetting, engineOption, parseCount, withOutputOptions } from './options.js';
import { stopOnSignals } from './signals.js';
import { type OutputOptions, ProgressLine, writeLine, writeResult } from './terminal.js';

interface TrainOptions extends OutputOptions {
  readonly out: string;
  readonly config?: string;
  readonly preset?: string;
  readonly set: readonly string[];
  readonly engine?: string;
  readonly init?: string;
  readonly initHead: 'new' | 'kept';
  readonly resume: boolean;
  readonly maxSteps?: number;
  readonly name?: string;
}

/** `dino train DATA --out RUN`: trains until the last epoch, --max-steps, or a signal such as Ctrl-C (which saves first). */
export const trainCommand = (): Command =>
  withOutputOptions(
    new Command('train')
      .description('train on a folder of images (sub-folders are classes, where there are any) or an IDX file')
      .argument('<data>', 'the folder of images, or the folder or file of an IDX data set')
      .requiredOption('--out <run>', 'run directory to make, or to go on with when --resume is given')
      .option(
        '--config <file>',
        "JSON file of settings, or a run of the original's: its args.txt, its command, or its .pth",
      )
      .option('--preset <name>', `what the settings start from: ${PRESET_NAMES.join(', ')}`)
      .option('--set <key=value>', 'one setting, which wins over file and preset; can be repeated', collectSetting, [])
      .option(
        '--init <path>',
        'weights that student and teacher start from: a run, a checkpoint, imported weights, or a file of another program',
      )
      .addOption(
        new Option('--init-head <which>', 'the projection head of a run that starts from weights: a new one, or theirs')
          .choices(['new', 'kept'])
          .default('new'),
      )
      .addOption(engineOption())
      .option('--resume', 'go on with the run from its latest checkpoint', false)
      .option('--max-steps <n>', 'stop, and save, when the run has this many steps in all', parseCount)
      .option('--name <name>', 'name of the run'),
  ).action(trainAndReport);

async function trainAndReport(data: string, options: TrainOptions): Promise<void> {
  const line = new ProgressLine();
  const stop = stopOnSignals(() =>
    line.note('stopping: the step is finished and saved first (again to quit without that)'),
  );
  let phase: TrainPhase | undefined;
  let last: TrainProgress | undefined;
  let leftOut: LeftOut | undefined;
  const request: TrainRun = {
    data,
    run: options.out,
    resume: options.resume,
    settings: options.engine === undefined ? options.set : [...options.set, `engine=${options.engine}`],
    ...(options.config !== undefined && { configFile: options.config }),
    ...(options.preset !== undefined && { preset: options.preset }),
    ...(options.maxSteps !== undefined && { maxSteps: options.maxSteps }),
    ...(options.name !== undefined && { name: options.name }),
    ...(options.init !== undefined && { init: { path: options.init, head: options.initHead } }),
  };
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
  const result = {
    run: options.out,
    ...end,
    leftOut,
    loss: last?.loss,
    imagesPerSecond: last?.imagesPerSecond,
    diagnosis,
  };
  writeResult(options, result, [
    end.checkpoint === undefined
      ? 'Stopped before the first step: there is nothing to save.'
      : `${ENDINGS[end.reason]} after step ${end.step}${loss}: ${end.checkpoint}`,
  ]);
  // Stopped while the step was compiled, which goes on as long as this process does.
  if (stop.aborted && nativeWorkIsUnderWay()) endProcess(0, stop.reason as NodeJS.Signals);
}

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

function describeDuration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${Math.ceil(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
