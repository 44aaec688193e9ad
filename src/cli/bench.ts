import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { describeProcessor, thisProcessor } from '../engines/processor.js';
import { chromeTrace, costByOp, type Span } from '../engines/profile.js';
import { readConfig } from '../runs/readConfig.js';
import { PRESET_NAMES } from '../settings/presets.js';
import { type ResolvedSettings, resolveSettings } from '../settings/resolve.js';
import type { Settings } from '../settings/settings.js';
import { timePipeline } from './benchPipeline.js';
import { BenchTurns } from './benchTurns.js';
import { featuresWorkload, stepWorkload, type Timing, timeWorkload } from './benchWorkload.js';
import { collectSetting, engineOption, parseCount, withOutputOptions } from './options.js';
import { type OutputOptions, ProgressLine, writeResult } from './terminal.js';

interface BenchOptions extends OutputOptions {
  readonly preset?: string;
  readonly config?: string;
  readonly set: readonly string[];
  readonly engine?: string;
  readonly steps: number;
  readonly warmup: number;
  readonly features: boolean;
  readonly pipeline: boolean;
  readonly data?: string;
  readonly profile?: string;
  readonly inTurn: boolean;
}

/** `dino bench`: what a training step costs here, where its time goes, and whether the input pipeline keeps up with it. */
export const benchCommand = (): Command =>
  withOutputOptions(
    new Command('bench')
      .description('time the training step on random crops, and the making of crops from images')
      .option(
        '--preset <name>',
        `what the settings start from: ${PRESET_NAMES.join(', ')} (default: small-data when no setting is given)`,
      )
      .option(
        '--config <file>',
        "JSON file of settings, or a run of the original's: its args.txt, its command, or its .pth",
      )
      .option('--set <key=value>', 'one setting; can be repeated', collectSetting, [])
      .addOption(engineOption())
      .option('--steps <n>', 'steps to time', parseCount, 20)
      .option('--warmup <n>', 'steps before that, at least', parseCount, 3)
      .option('--features', "time the backbone's features of a batch instead of a step; no crops are made", false)
      .option('--data <data>', 'images to make crops from (default: made-up ones, twice as large as a global crop)')
      .option('--no-pipeline', 'do not time the making of crops')
      .option(
        '--in-turn',
        'before each timed step write a line, and wait for one on standard input: another program can make its step in between',
        false,
      )
      .option('--profile <file>', 'write a Chrome trace (for ui.perfetto.dev), and list the ops that take longest'),
  ).action(bench);

async function bench(options: BenchOptions): Promise<void> {
  const line = new ProgressLine();
  const { settings, notes } = await settingsOf(options);
  for (const note of notes) line.note(note);
  const { steps, warmup, features, profile, inTurn } = options;
  const turns = inTurn ? new BenchTurns(process.stdin, process.stdout) : undefined;
  const { timing, spans, timedFrom } = await timeWorkload(
    settings,
    features ? featuresWorkload : stepWorkload,
    { steps, warmup, profile: profile !== undefined, turns },
    line,
    // Standard input that is still read from keeps the process alive.
  ).finally(() => turns?.close());
  const sections = [timingSection(timing, settings, options), processorSection()];
  if (profile !== undefined) {
    await writeFile(profile, JSON.stringify(chromeTrace(spans)));
    const timed = spans.filter(({ start }) => start >= timedFrom);
    sections.push(profileSection(timed, profile, options));
  }
  if (options.pipeline && !features) {
    line.note('making crops');
    sections.push(await pipelineSection(settings, options, timing));
  }
  line.end();
  writeResult(
    options,
    Object.assign({}, ...sections.map(({ result }) => result)),
    sections.flatMap(({ lines }) => lines),
  );
}

async function settingsOf({ preset, config, set, engine }: BenchOptions): Promise<ResolvedSettings> {
  // The original's defaults are meant for large GPUs: whoever only wants to see what a step costs here would wait for half an hour.
  const base = preset ?? (config === undefined && set.length === 0 ? 'small-data' : undefined);
  return resolveSettings({
    ...(base !== undefined && { preset: base }),
    ...(config !== undefined && { configFile: await readConfig(config) }),
    set: engine === undefined ? set : [...set, `engine=${engine}`],
  });
}

/** A part of the answer, for programs and for people. */
interface Section {
  readonly result: object;
  readonly lines: readonly string[];
}

function timingSection(timing: Timing, { batch_size }: Settings, { steps, features }: BenchOptions): Section {
  const { engine, runs_as, ms_per_step, images_per_s, compile_ms, first_step_ms, peak_rss_mb } = timing;
  const call = features ? 'batch' : 'step';
  return {
    result: { ...timing, batch_size },
    lines: [
      `${engine}${runs_as === undefined ? '' : `, ${runs_as}`}: ` +
        `${ms_per_step.toFixed(1)} ms a ${call} (median of ${steps}), ` +
        `${images_per_s.toFixed(1)} images/s, compiled in ${(compile_ms / 1000).toFixed(1)} s, ` +
        `first ${call} done ${(first_step_ms / 1000).toFixed(1)} s after the start, ` +
        `peak memory ${peak_rss_mb.toFixed(0)} MB`,
    ],
  };
}

/** A ratio to another program turns on it. */
function processorSection(): Section {
  const processor = thisProcessor();
  return { result: { processor }, lines: [`processor: ${describeProcessor(processor)}`] };
}

const LISTED_OPS = 12;

function profileSection(timed: readonly Span[], file: string, { steps, features }: BenchOptions): Section {
  const call = features ? 'batch' : 'step';
  const costs = costByOp(timed).slice(0, LISTED_OPS);
  const top_ops = costs.map(({ op, count, milliseconds, share }) => ({
    op,
    per_step: count / steps,
    ms_per_step: milliseconds / steps,
    share,
  }));
  const list = top_ops.map(
    ({ op, per_step, ms_per_step, share }) =>
      `  ${op.padEnd(28)}${ms_per_step.toFixed(2).padStart(9)} ms a ${call}${(100 * share).toFixed(1).padStart(7)} %` +
      `${per_step.toFixed(0).padStart(7)} times`,
  );
  return {
    result: { profile: file, top_ops },
    lines: [
      `trace written to ${file}; open it in ui.perfetto.dev. Profiling itself takes time${features ? ', and a piece of a batch waits for the one before it' : ', and onnx computes all images at once, not in parts'}.`,
      ...(list.length > 0 ? ['the ops that take longest:', ...list] : ['This engine does not tell its ops apart.']),
    ],
  };
}

async function pipelineSection(settings: Settings, { data }: BenchOptions, { images_per_s }: Timing): Promise<Section> {
  const pipeline = await timePipeline(settings, data);
  const crops_per_s_eaten = Number((images_per_s * (2 + settings.local_crops_number)).toFixed(1));
  const crops_ratio = pipeline.crops_per_s / crops_per_s_eaten;
  return {
    result: { ...pipeline, crops_per_s_eaten, crops_ratio },
    lines: [
      `input pipeline: ${pipeline.crops_per_s.toFixed(1)} crops/s by ${settings.num_workers} threads; ` +
        `the step eats ${crops_per_s_eaten}, a ratio of ${crops_ratio.toFixed(2)}`,
    ],
  };
}
