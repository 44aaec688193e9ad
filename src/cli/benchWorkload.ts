/** What `dino bench` has an engine do: training steps, or features, of crops that are random numbers. */

import { batchLengths } from '../data/batchMaker.js';
import { images } from '../data/modalities/images.js';
import { callsAhead } from '../engines/callsAhead.js';
import { chooseEngine } from '../engines/choose.js';
import type { Engine, Session } from '../engines/engine.js';
import { compiledFor, inPieces, type Pieces, piecesFor } from '../engines/pieces.js';
import type { Span } from '../engines/profile.js';
import { backboneOf } from '../method/backbones/index.js';
import { featuresProgram } from '../method/features.js';
import { initializeNetwork, initialWeights } from '../method/initialParameters.js';
import { float32, type NamedHostTensors, type Program, sizeOf } from '../program/program.js';
import type { Settings } from '../settings/settings.js';
import { networkSpec } from '../settings/specs.js';
import { median } from '../statistics/median.js';
import { planHyperparameters } from '../training/hyperparameters.js';
import { trainedMethodOf } from '../training/methods/index.js';
import { initialState } from '../training/state.js';
import { inputsOf, stepProgram } from '../training/step.js';
import type { BenchTurns } from './benchTurns.js';
import type { ProgressLine } from './terminal.js';

export interface Workload {
  /** What is timed, for people. */
  readonly unit: 'step' | 'batch';
  readonly program: Program;
  /** Made anew each time: nothing should hold on to it once a session has its own copy. */
  readonly state: () => NamedHostTensors;
  /** Of each call that makes up the unit of this number. */
  readonly inputs: (unit: number) => readonly NamedHostTensors[];
  /** Calls at once; absent: one, which names the inputs of the next. */
  readonly pieces?: Pieces;
}

const STEPS_PER_EPOCH = 100;

export function stepWorkload(settings: Settings): Workload {
  const program = stepProgram(settings);
  const method = trainedMethodOf(settings).method(settings);
  const plan = planHyperparameters(settings, STEPS_PER_EPOCH);
  const lengths = Object.entries(batchLengths(images.views(settings), settings.batch_size));
  const views = Object.fromEntries(lengths.map(([name, length]) => [name, randomFloats(length)]));
  return {
    unit: 'step',
    program,
    state: () => initialState(program.state, method, Object.fromEntries(initialWeights(method, settings.seed))),
    // The schedule's values do not change the cost; the run may be shorter than the bench.
    inputs: (step) => [...inputsOf(settings, step, plan(step % (STEPS_PER_EPOCH * settings.epochs)), views)],
  };
}

/** The backbone's features of a batch of images as large as a global crop. */
export function featuresWorkload(settings: Settings, engine: Engine): Workload {
  const { batch_size: batch, image_size: side } = settings;
  const network = networkSpec(settings);
  const pieces = piecesFor(engine, backboneOf(network.backbone).outputSize, batch);
  const program = featuresProgram(network.backbone, { batch: pieces.images, height: side, width: side });
  const spec = program.inputs['images'] ?? float32(0);
  const images = { ...spec, data: randomFloats(sizeOf(spec.shape)) };
  return {
    unit: 'batch',
    program,
    state: () => {
      const weights = Object.entries(initializeNetwork(network, settings.seed));
      return Object.fromEntries(weights.filter(([name]) => name in program.state));
    },
    inputs: () => Array.from({ length: Math.ceil(batch / pieces.images) }, () => ({ images })),
    pieces,
  };
}

/** Values of about the size that normalized crops have. */
const randomFloats = (length: number): Float32Array => Float32Array.from({ length }, () => 4 * Math.random() - 2);

export interface Timing {
  readonly engine: string;
  /** The form that the engine has chosen, where it has several. */
  readonly runs_as?: string;
  /** What was timed, in order. */
  readonly step_ms: readonly number[];
  /** Its median. */
  readonly ms_per_step: number;
  readonly images_per_s: number;
  readonly peak_rss_mb: number;
  readonly compile_ms: number;
  /** From the start of this process to the end of the first step: load, trace, compile, run. */
  readonly first_step_ms: number;
}

export interface TimingOptions {
  readonly steps: number;
  readonly warmup: number;
  /** Note the spans too, which costs time itself. */
  readonly profile: boolean;
  /** Whoever says when each timed unit may begin; absent: each follows the one before. */
  readonly turns?: BenchTurns | undefined;
}

/** @returns the timing and, if asked for, all spans; `timedFrom` is where the warm-up ends on their clock */
export async function timeWorkload(
  settings: Settings,
  makeWorkload: (settings: Settings, engine: Engine) => Workload,
  { steps, warmup, profile, turns }: TimingOptions,
  line: ProgressLine,
): Promise<{ timing: Timing; spans: readonly Span[]; timedFrom: number }> {
  const engine = await chooseEngine(settings.engine, settings);
  const workload = makeWorkload(settings, engine);
  const started = performance.now();
  const session = await compileInitialized(engine, workload, profile);
  const compile_ms = performance.now() - started;
  const spans: Span[] = [{ name: 'compile', start: started, duration: compile_ms, thread: 'dino' }];
  const units: Span[] = [];
  let inputs = workload.inputs(0);
  for (let timed = 0; timed < steps; ) {
    // A session that still finds out how it runs best is not warm yet.
    const isTimed = units.length >= warmup && session.isSettling !== true;
    if (isTimed) timed++;
    const following = workload.inputs(units.length + 1);
    if (isTimed) await turns?.next();
    const start = performance.now();
    await callAll(session, workload, inputs, following[0]);
    inputs = following;
    const name = `${workload.unit} ${units.length + 1}`;
    units.push({ name, start, duration: performance.now() - start, thread: 'dino' });
    line.update(timed, steps, `${engine.name}: ${timed === 0 ? 'warming up' : `${workload.unit} ${timed}/${steps}`}`);
  }
  spans.push(...units);
  const timed = units.slice(-steps);
  const step_ms = timed.map(({ duration }) => duration);
  const ms_per_step = median(step_ms);
  const timing: Timing = {
    engine: engine.name,
    ...(session.runsAs !== undefined && { runs_as: session.runsAs }),
    step_ms,
    ms_per_step,
    images_per_s: (1000 * settings.batch_size) / ms_per_step,
    // In kilobytes on every system: libuv sees to that.
    peak_rss_mb: process.resourceUsage().maxRSS / 1024,
    compile_ms,
    first_step_ms: endOf(units[0]),
  };
  if (profile) spans.push(...compilationSpans(), ...((await session.takeProfile?.()) ?? []));
  await session.dispose();
  return { timing, spans, timedFrom: timed[0]?.start ?? 0 };
}

/** Makes the calls of a unit. */
async function callAll(
  session: Session,
  { pieces }: Workload,
  inputs: readonly NamedHostTensors[],
  following: NamedHostTensors | undefined,
): Promise<void> {
  if (pieces === undefined) {
    for await (const _ of callsAhead(session, inputs, following));
    return;
  }
  await inPieces({ ...pieces, images: 1 }, inputs.length, async (first) => {
    await session.call(inputs[first] as NamedHostTensors);
  });
}

/** A function of its own so that nothing holds on to the weights once the session has its copy of them. */
const compileInitialized = (engine: Engine, { program, state, pieces }: Workload, profile: boolean): Promise<Session> =>
  engine.compile(program, state(), { profile, ...(pieces ? compiledFor(pieces) : { namesUpcoming: true }) });

/** What the engine has measured of its own compiling. */
const compilationSpans = (): Span[] =>
  performance.getEntriesByType('measure').map(({ name, startTime, duration }) => ({
    name,
    start: startTime,
    duration,
    thread: 'dino',
  }));

const endOf = (span: Span | undefined): number => (span === undefined ? Number.NaN : span.start + span.duration);
