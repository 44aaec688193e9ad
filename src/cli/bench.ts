import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import sharp from 'sharp';
import { type Batches, openBatches } from '../data/batches.js';
import { batchFloats } from '../data/batchMaker.js';
import { openDataset } from '../data/dataset.js';
import { chooseEngine } from '../engines/choose.js';
import type { Engine, Session } from '../engines/engine.js';
import { initializeNetwork } from '../method/initialize.js';
import type { Program } from '../method/program.js';
import { augmentationSpec, networkSpec, resolveSettings, type Settings } from '../runs/settings.js';
import { planHyperparameters } from '../training/hyperparameters.js';
import { initialState } from '../training/state.js';
import { inputsOf, makeStep, stepProgram } from '../training/step.js';
import { cropWorkerFile } from './cropWorkerFile.js';
import { collectSetting, engineOption, parseCount, withOutputOptions } from './options.js';
import { type OutputOptions, ProgressLine, writeResult } from './terminal.js';

interface BenchOptions extends OutputOptions {
  readonly preset?: string;
  readonly config?: string;
  readonly set: readonly string[];
  readonly engine?: string;
  readonly steps: number;
  readonly warmup: number;
  readonly data?: string;
}

const STEPS_PER_EPOCH = 100;

/** `dino bench`: what a training step costs here, and whether the input pipeline keeps up with it. */
export const benchCommand = (): Command =>
  withOutputOptions(
    new Command('bench')
      .description('time the training step on random crops, and the making of crops from pictures')
      .option('--preset <name>', 'what the settings start from: tiny, small, base or small-data')
      .option('--config <file>', 'JSON file of settings')
      .option('--set <key=value>', 'one setting; can be repeated', collectSetting, [])
      .addOption(engineOption())
      .option('--steps <n>', 'steps to time', parseCount, 20)
      .option('--warmup <n>', 'steps before that', parseCount, 3)
      .option('--data <data>', 'pictures to make crops from (default: made-up ones, twice as large as a global crop)'),
  ).action(bench);

async function bench(options: BenchOptions): Promise<void> {
  const { settings } = resolveSettings({
    ...(options.preset !== undefined && { preset: options.preset }),
    ...(options.config !== undefined && { configFile: options.config }),
    set: options.engine === undefined ? options.set : [...options.set, `engine=${options.engine}`],
  });
  const line = new ProgressLine();
  const step = await timeSteps(settings, options, line);
  const pipeline = await timePipeline(settings, options, line);
  line.end();
  const cropsEaten = (step.images_per_s * (2 + settings.local_crops_number)).toFixed(1);
  const crops_ratio = pipeline.crops_per_s / Number(cropsEaten);
  writeResult(
    options,
    { ...step, ...pipeline, crops_per_s_eaten: Number(cropsEaten), crops_ratio, batch_size: settings.batch_size },
    [
      `${step.engine}: ${step.ms_per_step.toFixed(1)} ms a step (median of ${options.steps}), ` +
        `${step.images_per_s.toFixed(1)} images/s, compiled in ${(step.compile_ms / 1000).toFixed(1)} s, ` +
        `peak memory ${step.peak_rss_mb.toFixed(0)} MB`,
      `input pipeline: ${pipeline.crops_per_s.toFixed(1)} crops/s by ${settings.num_workers} threads; ` +
        `the step eats ${cropsEaten}, a ratio of ${crops_ratio.toFixed(2)}`,
    ],
  );
}

interface StepTiming {
  readonly engine: string;
  readonly ms_per_step: number;
  readonly images_per_s: number;
  readonly peak_rss_mb: number;
  readonly compile_ms: number;
}

async function timeSteps(settings: Settings, { steps, warmup }: BenchOptions, line: ProgressLine): Promise<StepTiming> {
  const engine = await chooseEngine(settings.engine, settings.precision);
  const started = performance.now();
  const program = stepProgram(settings);
  const session = await compileInitialized(engine, program, settings);
  const compile_ms = performance.now() - started;
  const plan = planHyperparameters(settings, STEPS_PER_EPOCH);
  const floats = batchFloats(augmentationSpec(settings), settings.batch_size);
  const crops = {
    globals: randomFloats(floats.globals),
    locals: randomFloats(floats.locals),
  };
  const times: number[] = [];
  for (let step = 0; step < warmup + steps; step++) {
    // The schedule's values do not change the cost; the run may be shorter than the bench.
    const inputs = [...inputsOf(settings, step, plan(step % (STEPS_PER_EPOCH * settings.epochs)), crops)];
    const begun = performance.now();
    await makeStep(session, inputs);
    if (step >= warmup) times.push(performance.now() - begun);
    line.update(step + 1, warmup + steps, `${engine.name}: step ${step + 1}/${warmup + steps}`);
  }
  await session.dispose();
  const ms_per_step = median(times);
  return {
    engine: engine.name,
    ms_per_step,
    images_per_s: (1000 * settings.batch_size) / ms_per_step,
    // In kilobytes on every system: libuv sees to that.
    peak_rss_mb: process.resourceUsage().maxRSS / 1024,
    compile_ms,
  };
}

/** A function of its own so that nothing holds on to the weights once the session has its copy of them. */
const compileInitialized = (engine: Engine, program: Program, settings: Settings): Promise<Session> =>
  engine.compile(program, initialState(program.state, initializeNetwork(networkSpec(settings), settings.seed)));

/** Values of about the size that normalised crops have. */
const randomFloats = (length: number): Float32Array => Float32Array.from({ length }, () => 4 * Math.random() - 2);

interface PipelineTiming {
  readonly crops_per_s: number;
  readonly pipeline_images_per_s: number;
}

const PIPELINE_MS = 5000;
/** Enough for a measurement, and each is decoded: a data set that fits into memory is decoded in its first epoch alone. */
const MADE_UP_PICTURES = 512;

/** Takes batches as fast as the pool makes them, with nothing else running: one epoch, or its first seconds. */
async function timePipeline(settings: Settings, { data }: BenchOptions, line: ProgressLine): Promise<PipelineTiming> {
  const folder = data === undefined ? await mkdtemp(join(tmpdir(), 'dino-bench-')) : undefined;
  try {
    if (folder !== undefined) await writePictures(folder, settings);
    line.note('making crops');
    const batches = openBatches({
      dataset: await openDataset(folder ?? data ?? ''),
      augmentation: augmentationSpec(settings),
      batchSize: settings.batch_size,
      seed: settings.seed,
      workers: settings.num_workers,
      startEpoch: 0,
      startIteration: 0,
      epochs: 1,
      maxUnreadableShare: settings.max_unreadable_share,
      cacheBytes: settings.cache_mb * 2 ** 20,
      workerFile: cropWorkerFile,
    });
    const crops_per_s = await measureCrops(batches).finally(() => batches.close());
    return { crops_per_s, pipeline_images_per_s: crops_per_s / (2 + settings.local_crops_number) };
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function measureCrops(batches: Batches): Promise<number> {
  const started = performance.now();
  for (let taken = 0; taken < batches.iterationsPerEpoch && performance.now() - started < PIPELINE_MS; taken++) {
    await batches.next();
  }
  return batches.cropsPerSecond;
}

/** JPEGs with some structure to decode: coloured noise, blurred by enlarging it. */
async function writePictures(folder: string, { batch_size, image_size }: Settings): Promise<void> {
  const side = 2 * image_size;
  const coarse = Math.max(1, side >> 3);
  for (let index = 0; index < Math.max(batch_size, MADE_UP_PICTURES); index++) {
    const noise = Uint8Array.from({ length: coarse * coarse * 3 }, () => 256 * Math.random());
    await sharp(noise, { raw: { width: coarse, height: coarse, channels: 3 } })
      .resize(side, side, { kernel: 'cubic' })
      .jpeg({ quality: 90 })
      .toFile(join(folder, `${index}.jpg`));
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
