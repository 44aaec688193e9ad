/** A program as a model that ONNX Runtime runs: compiled, or kept from an earlier time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph, Value } from '../compile/graph.js';
import { emitOnnx } from '../compile/onnx/emit.js';
import { fuse } from '../compile/onnx/fuse.js';
import { splitPreparation, unprepared } from '../compile/prepare.js';
import { type StateUpdates, splitStateUpdates } from '../compile/stateUpdates.js';
import type { Program, TensorSpec } from '../program/program.js';
import type { CompiledModels } from './compiledModels.js';
import { type CompiledParts, type CompiledProgram, packed, unpacked } from './compiledProgram.js';
import { inSavedOrder } from './onnxOrder.js';
import { PartSums, PartsRunner } from './onnxParts.js';
import type { OnnxLibrary, OnnxRunner, RunnerOptions } from './onnxRunner.js';
import { describeParts, lanesOf, type PartsOf, sharingOf } from './partPlan.js';
import { type SimplifiedProgram, simplifiedProgram } from './simplifiedProgram.js';
import { betweenStages } from './stop.js';
import type { Waiting } from './threadWaiting.js';

export interface CompileToOnnx {
  /** Whether the runtime's own ops are used where they are faster: on the processor they are, GPUs' providers lack some. */
  readonly fuses?: boolean | undefined;
  /** Into how many parts the images of a call are divided, if the program can be; absent: they are not. */
  readonly partsOf?: PartsOf | undefined;
  readonly stop?: AbortSignal | undefined;
}

/** Traces, simplifies, divides, splits, fuses and emits the program. */
export async function compileToOnnx(
  program: Program,
  { fuses, partsOf, stop }: CompileToOnnx = {},
): Promise<CompiledProgram> {
  const { graph: simplified, parts: inParts } = await simplifiedProgram(program, partsOf, stop);
  const simplifiedAt = performance.now();
  const { graph: whole, handedOn, updates } = splitStateUpdates(inParts?.divided.rest ?? simplified);
  const fused = fuses ? fuse(whole, handedOn) : whole;
  const changesState = fused.newState.size > 0 || updates.updates.length > 0;
  const { graph, prepared, preparation } = changesState ? unprepared(fused) : splitPreparation(fused);
  performance.measure('split and fuse', { start: simplifiedAt });
  await betweenStages(stop);
  const splitAt = performance.now();
  const model = emitOnnx(program.name, graph, { prepared, handedOn, fromParts: inParts?.divided.sums ?? [] });
  const prepares = preparation && emitOnnx(`${program.name}, prepared`, preparation);
  const parts = inParts && emitParts(program.name, inParts, fuses);
  performance.measure('emit', { start: splitAt });
  return { model, parts, preparation: prepares, updates };
}

function emitParts(
  name: string,
  { sharing, divided }: NonNullable<SimplifiedProgram['parts']>,
  fuses = false,
): CompiledParts {
  const { replicas: parts, part: program, groups } = sharing;
  const { part, given, after, sums } = divided;
  const fused = (graph: Graph, more: readonly Value[]) => (fuses ? fuse(graph, more) : graph);
  const chains = sums.length;
  const images = Object.entries(groups).map(([input, count]) => [
    input,
    { ...(program.inputs[input] as TensorSpec), groups: count },
  ]);
  return {
    parts,
    chains,
    images: Object.fromEntries(images),
    first: emitOnnx(`${name}, a part`, fused(part, given), { ofPart: given }),
    ...(chains < parts && {
      after: emitOnnx(`${name}, a part after another`, fused(after.part, after.given), {
        fromParts: [after.before],
        ofPart: after.given,
      }),
    }),
  };
}

export interface OnnxModel {
  readonly library: OnnxLibrary;
  /** A model of what it takes beside the state and the inputs. */
  readonly preparation?: Uint8Array | undefined;
  /** What is done to the state after each of its runs. */
  readonly updates: StateUpdates;
  /** Whether its runs have threads that wait for one another. */
  readonly waits: boolean;
  /** How it computes the images of a call, where not all at once. */
  readonly runsAs?: string;
  /** A runner of it: many can be open. */
  open(waiting: Waiting): Promise<OnnxRunner>;
}

/** What it opens, and what the runtime has made of it. */
interface Optimized {
  readonly runner: OnnxRunner;
  readonly bytes: Uint8Array;
}

/** A model as the runtime optimizes it, which takes it longer than all else at its start. @throws Error where it cannot be written */
async function optimize(
  library: OnnxLibrary,
  model: Uint8Array,
  options: Omit<RunnerOptions, 'optimize' | 'optimizedFile'>,
): Promise<Optimized> {
  const folder = await mkdtemp(join(tmpdir(), 'dino-onnx-'));
  try {
    const optimizedFile = join(folder, 'model.onnx');
    const runner = await library.open(model, { ...options, optimize: true, optimizedFile });
    return { runner, bytes: inSavedOrder(await readFile(optimizedFile)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Opening extends CompileToOnnx {
  readonly version: string;
  readonly library: OnnxLibrary;
  readonly models: CompiledModels | undefined;
  /** Of the processor; absent: as many as it has. */
  readonly cores?: number | undefined;
  /** See `RunnerOptions`. */
  readonly threads?: number | undefined;
  readonly profilePrefix?: string | undefined;
}

export interface OpenedModel {
  readonly model: OnnxModel;
  /** Of that model, its threads asleep while they wait. */
  readonly runner: OnnxRunner;
}

/** How each of a program's models is opened. */
type OpenOne = (model: Uint8Array, options: Omit<RunnerOptions, 'optimize'>) => Promise<OnnxRunner>;

/** All models of a program, as one. */
function modelOf(
  compiled: CompiledProgram,
  { library, threads, profilePrefix, cores = availableParallelism() }: Opening,
  sums = new PartSums(),
) {
  const { model, parts, preparation, updates } = compiled;
  const sharesMemory = isTraining(updates);
  const plan = parts && lanesOf(parts.chains, cores);
  const openWith = async (open: OpenOne, waiting: Waiting): Promise<OnnxRunner> => {
    const opened: OnnxRunner[] = [];
    const openOne = async (model: Uint8Array, threads?: number): Promise<OnnxRunner> => {
      const runner = await open(model, { waiting, threads, sharesMemory, profilePrefix });
      opened.push(runner);
      return runner;
    };
    try {
      const rest = await openOne(model, threads);
      if (parts === undefined || plan === undefined) return rest;
      const first = await openOne(parts.first, plan.threads);
      const after = parts.after && (await openOne(parts.after, plan.threads));
      return new PartsRunner(library, { first, after, rest }, parts, sums, plan.lanes);
    } catch (error) {
      for (const runner of opened) await runner.release();
      throw error;
    }
  };
  const asOpened = (optimize: boolean): OnnxModel => ({
    ...{ library, preparation, updates },
    waits: plan?.threads !== 1,
    ...(parts && plan && { runsAs: describeParts(parts.parts, plan.lanes) }),
    open: (waiting) => openWith((bytes, options) => library.open(bytes, { ...options, optimize }), waiting),
  });
  return { openWith, asOpened };
}

/** Such programs are called often, and run alone: what they leave free is no loss to others. */
const isTraining = ({ updates }: StateUpdates): boolean => updates.length > 0;

/** The program as the runtime runs it, from what was kept of it where that is. */
export async function openModel(program: Program, opening: Opening): Promise<OpenedModel> {
  const { version, models, fuses, partsOf, stop } = opening;
  const parts = sharingOf(program, partsOf)?.replicas;
  const key = models?.keyOf(program, parts === undefined ? version : `${version}, ${parts} parts`);
  const kept = key && (await models?.find(key));
  const again = kept && (await openKept(kept, opening));
  if (again) return again;
  const compiled = await compileToOnnx(program, { fuses, partsOf, stop });
  // The runtime has no way to end this early.
  await betweenStages(stop);
  const started = performance.now();
  const optimized = key === undefined ? undefined : await openOptimized(compiled, opening);
  if (key && optimized) await models?.keep(key, packed(optimized.compiled));
  const opened = optimized ?? (await openAsleep(modelOf(compiled, opening).asOpened(true)));
  performance.measure('load into ONNX Runtime', { start: started });
  return opened;
}

const openAsleep = async (model: OnnxModel): Promise<OpenedModel> => ({ model, runner: await model.open('asleep') });

/** Undefined where what the runtime has optimized cannot be written. */
async function openOptimized(compiled: CompiledProgram, opening: Opening) {
  const bytes = new Map<Uint8Array, Uint8Array>();
  const open: OpenOne = async (model, options) => {
    const optimized = await optimize(opening.library, model, options);
    bytes.set(model, optimized.bytes);
    return optimized.runner;
  };
  try {
    const sums = new PartSums();
    const runner = await modelOf(compiled, opening, sums).openWith(open, 'asleep');
    const optimized = withModels(compiled, bytes);
    return { runner, model: modelOf(optimized, opening, sums).asOpened(false), compiled: optimized };
  } catch {
    return undefined;
  }
}

/** @param bytes in place of each of its models */
function withModels(compiled: CompiledProgram, bytes: ReadonlyMap<Uint8Array, Uint8Array>): CompiledProgram {
  const of = (model: Uint8Array): Uint8Array => bytes.get(model) as Uint8Array;
  const { model, parts } = compiled;
  const ofParts = parts && { ...parts, first: of(parts.first), after: parts.after && of(parts.after) };
  return { ...compiled, model: of(model), parts: ofParts };
}

/** Undefined when the runtime will not have it: then it is compiled again. */
async function openKept(kept: Uint8Array, opening: Opening): Promise<OpenedModel | undefined> {
  const started = performance.now();
  const opened = await openAsleep(modelOf(unpacked(kept), opening).asOpened(false)).catch(() => undefined);
  performance.measure('load into ONNX Runtime what was compiled before', { start: started });
  return opened;
}
