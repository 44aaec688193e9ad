import { Command } from 'commander';
import { isPrecomputed } from '../settings/parts/distillation.js';
import { PRESET_NAMES } from '../settings/presets.js';
import { counted } from '../text/counted.js';
import { gigabytes } from '../training/suggestion/memory.js';
import { type Suggestion, type SuggestRequest, suggest } from '../training/suggestion/suggest.js';
import {
  MOST_SECONDS,
  NO_TRIAL_OF_OUTPUTS,
  type Trial,
  type TrialProgress,
  tryOut,
} from '../training/suggestion/trial.js';
import { cropWorkerFile } from './cropWorkerFile.js';
import { describeDuration } from './duration.js';
import { collectSetting, engineOption, methodOption, withOutputOptions } from './options.js';
import { type Asked, startCommand } from './startCommand.js';
import { type OutputOptions, ProgressLine, writeLine, writeNotes, writeResult } from './terminal.js';

interface SuggestOptions extends OutputOptions, Asked {
  readonly measure: boolean;
}

/** `dino suggest DATA`: settings that suit the images and this machine, and what a run with them takes. */
export const suggestCommand = (): Command =>
  withOutputOptions(
    new Command('suggest')
      .description(
        'suggest the settings of a training, with reasons, and measure what it takes: its time and its memory',
      )
      .argument('<data>', 'the folder of images, or the folder or file of an IDX data set')
      .addOption(methodOption())
      .option('--preset <name>', `keep this preset: ${PRESET_NAMES.join(', ')}`)
      .option('--config <file>', 'keep the settings of this file')
      .option('--set <key=value>', 'keep this setting; can be repeated', collectSetting, [])
      .addOption(engineOption())
      .option('--init <path>', 'weights that the training is to start from')
      .option('--no-measure', 'make no steps: time and memory are rough estimates then'),
  ).action(async (data: string, options: SuggestOptions) => {
    const { method, engine, set: given } = options;
    // What `--set` says of the method wins, as it does in a training.
    const settings = [
      ...(method === undefined ? [] : [`method=${method}`]),
      ...given,
      ...(engine === undefined ? [] : [`engine=${engine}`]),
    ];
    const request: SuggestRequest = {
      data,
      settings,
      ...(options.preset !== undefined && { preset: options.preset }),
      ...(options.config !== undefined && { configFile: options.config }),
      ...(options.init !== undefined && { init: { path: options.init } }),
    };
    const suggestion = await suggest(request, { say: writeLine });
    const measurement = options.measure ? await measured(request, suggestion) : undefined;
    const trial = typeof measurement === 'string' ? undefined : measurement;
    writeNotes([...suggestion.warnings, ...(typeof measurement === 'string' ? WHY_UNMEASURED[measurement] : [])]);
    writeResult(options, resultOf(suggestion, trial), linesOf(data, suggestion, trial, options));
  });

/** Why nothing is measured. */
type Unmeasured = 'too large' | 'too slow' | 'teacher first';

/** What is said of it; of memory a warning has said it. */
const WHY_UNMEASURED: Readonly<Record<Unmeasured, readonly string[]>> = {
  'too large': [],
  'too slow': ['No step had ended after two minutes: time and memory are estimates.'],
  'teacher first': [NO_TRIAL_OF_OUTPUTS],
};

async function measured(request: SuggestRequest, suggestion: Suggestion): Promise<Trial | Unmeasured> {
  const { set, settings, memory, host, instead } = suggestion;
  if (isPrecomputed(settings)) return 'teacher first';
  if (memory !== undefined && memory > host.free) return 'too large';
  writeLine('measuring: the first steps of such a run, for two minutes at most or until the first step has ended');
  const pairs = Object.entries(set).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const given = Array.isArray(request.settings) ? request.settings : [];
  const preset = instead?.preset ?? request.preset;
  const wanted = { ...request, ...(preset !== undefined && { preset }), settings: [...given, ...pairs] };
  const line = new ProgressLine();
  const begun = performance.now();
  let doing = 'reading data';
  const ticking = setInterval(() => {
    const seconds = (performance.now() - begun) / 1000;
    line.update(Math.min(seconds, MOST_SECONDS), MOST_SECONDS, `${doing}, ${seconds.toFixed(0)} s`);
  }, 1000);
  try {
    const onProgress = (progress: TrialProgress) => {
      const now = describeTrial(progress);
      // A step may hold this thread until it ends.
      if (now !== doing && progress.stepsMade === 0) line.note(now);
      doing = now;
    };
    const trial = await tryOut(wanted, { stop: new AbortController().signal, cropWorkerFile, onProgress });
    return trial ?? 'too slow';
  } finally {
    clearInterval(ticking);
    line.end();
  }
}

function describeTrial({ phase, engine, stepsMade }: TrialProgress): string {
  if (phase === 'compiling') return `compiling for ${engine}`;
  if (stepsMade > 0) return `${counted(stepsMade, 'step')} made`;
  return phase === 'training' ? 'the first step' : phase === 'saving' ? 'before the first step' : phase;
}

function resultOf(
  { data, preset, set, settings, engine, lines, steps, seconds, memory, host, isRefused }: Suggestion,
  trial?: Trial,
) {
  return {
    images: data.images,
    medianSize: data.medianSize ?? null,
    preset: preset ?? null,
    set,
    settings,
    engine,
    lines,
    steps,
    seconds: trial?.seconds ?? seconds ?? null,
    memory: trial?.memory ?? memory ?? null,
    estimated: { seconds: seconds ?? null, memory: memory ?? null },
    measured: trial ?? null,
    refused: isRefused,
    host,
  };
}

function linesOf(data: string, suggestion: Suggestion, trial: Trial | undefined, options: SuggestOptions): string[] {
  const { lines, seconds, memory, host } = suggestion;
  const how = trial === undefined ? 'estimated, not measured' : `measured: ${describeSteps(trial.pace)}`;
  const [time, peak] = [trial?.seconds ?? seconds, trial?.memory ?? memory];
  const rows = [
    ...lines.map(({ subject, value, reason }) => [subject, value, reason] as const),
    ['time', time === undefined ? 'not known' : `about ${describeDuration(time)}`, how] as const,
    [
      'memory',
      peak === undefined ? 'not known' : gigabytes(peak),
      `of ${gigabytes(host.free)} that are free${trial === undefined ? '; estimated' : ''}`,
    ] as const,
  ];
  const width = Math.max(...rows.map(([, value]) => value.length));
  return [
    ...rows.map(([what, value, why]) => `${what.padEnd(12)}${value.padEnd(width + 2)}${why}`),
    suggestion.isRefused
      ? 'As things are, no command starts it: it would be refused for its memory.'
      : `To start it: ${startCommand(data, suggestion, options)}`,
  ];
}

/** Later epochs find their images decoded: nearly all steps take what theirs take. */
function describeSteps({ step, laterStep }: Trial['pace']): string {
  const [first, later] = [step, laterStep].map((seconds) => `${Number(seconds.toPrecision(2))}`);
  return first === later ? `${first} s a step` : `${first} s a step of the first epoch, ${later} s of the others`;
}
