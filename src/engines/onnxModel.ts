/** A program as a model that ONNX Runtime runs: compiled, or kept from an earlier time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emitOnnx } from '../compile/onnx/emit.js';
import { fuse } from '../compile/onnx/fuse.js';
import { splitPreparation, unprepared } from '../compile/prepare.js';
import { recompute } from '../compile/recompute.js';
import { simplify } from '../compile/simplify.js';
import { type StateUpdates, splitStateUpdates } from '../compile/stateUpdates.js';
import { trace } from '../compile/trace.js';
import type { Program } from '../program/program.js';
import type { CompiledModels } from './compiledModels.js';
import { type CompiledProgram, packed, unpacked } from './compiledProgram.js';
import { useCpuBackend } from './cpuBackend.js';
import { inSavedOrder } from './onnxOrder.js';
import type { OnnxLibrary, OnnxRunner } from './onnxRunner.js';
import { betweenStages } from './stop.js';
import type { Waiting } from './threadWaiting.js';

export interface CompileToOnnx {
  /** Whether the runtime's own ops are used where they are faster: on the processor they are, GPUs' providers lack some. */
  readonly fuses?: boolean | undefined;
  readonly stop?: AbortSignal | undefined;
}

/** Traces, simplifies, splits, fuses and emits the program. */
export async function compileToOnnx(program: Program, { fuses, stop }: CompileToOnnx = {}): Promise<CompiledProgram> {
  const started = performance.now();
  const traced = await trace(program);
  performance.measure('trace', { start: started });
  await betweenStages(stop);
  // Constants are folded by a backend that computes.
  await useCpuBackend();
  const tracedAt = performance.now();
  const { graph: whole, handedOn, updates } = splitStateUpdates(recompute(simplify(traced)));
  const fused = fuses ? fuse(whole, handedOn) : whole;
  const changesState = fused.newState.size > 0 || updates.updates.length > 0;
  const { graph, prepared, preparation } = changesState ? unprepared(fused) : splitPreparation(fused);
  performance.measure('simplify', { start: tracedAt });
  await betweenStages(stop);
  const simplifiedAt = performance.now();
  const model = emitOnnx(program.name, graph, { prepared, handedOn });
  const prepares = preparation && emitOnnx(`${program.name}, prepared`, preparation);
  performance.measure('emit', { start: simplifiedAt });
  return { model, preparation: prepares, updates };
}

export interface OnnxModel {
  readonly library: OnnxLibrary;
  /** A model of what it takes beside the state and the inputs. */
  readonly preparation?: Uint8Array | undefined;
  /** What is done to the state after each of its runs. */
  readonly updates: StateUpdates;
  /** A runner of it: many can be open. */
  open(waiting: Waiting): Promise<OnnxRunner>;
}

/** A model as the runtime optimizes it, which takes it longer than all else at its start. Undefined where it cannot be written. */
async function optimize({ model, updates }: CompiledProgram, { library, threads, profilePrefix }: Opening) {
  const folder = await mkdtemp(join(tmpdir(), 'dino-onnx-')).catch(() => undefined);
  if (folder === undefined) return undefined;
  try {
    const optimizedFile = join(folder, 'model.onnx');
    const sharesMemory = isTraining(updates);
    const runner = await library.open(model, {
      ...{ optimize: true, waiting: 'asleep', threads, sharesMemory, optimizedFile, profilePrefix },
    });
    return { runner, bytes: inSavedOrder(await readFile(optimizedFile)) };
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Opening {
  readonly version: string;
  readonly library: OnnxLibrary;
  readonly models: CompiledModels | undefined;
  /** See `RunnerOptions`. */
  readonly threads?: number | undefined;
  readonly profilePrefix?: string | undefined;
  /** See `CompileToOnnx`. */
  readonly fuses?: boolean | undefined;
  readonly stop: AbortSignal | undefined;
}

export interface OpenedModel {
  readonly model: OnnxModel;
  /** Of that model, its threads asleep while they wait. */
  readonly runner: OnnxRunner;
}

const modelOf = (
  { model, preparation, updates }: CompiledProgram,
  optimize: boolean,
  { library, threads, profilePrefix }: Opening,
): OnnxModel => ({
  library,
  preparation,
  updates,
  open: (waiting) =>
    library.open(model, { optimize, waiting, threads, sharesMemory: isTraining(updates), profilePrefix }),
});

/** Such programs are called often, and run alone: what they leave free is no loss to others. */
const isTraining = ({ updates }: StateUpdates): boolean => updates.length > 0;

/** The program as the runtime runs it, from what was kept of it where that is. */
export async function openModel(program: Program, opening: Opening): Promise<OpenedModel> {
  const { version, models, fuses, stop } = opening;
  const key = models?.keyOf(program, version);
  const kept = key && (await models?.find(key));
  const again = kept && (await openKept(kept, opening));
  if (again) return again;
  const compiled = await compileToOnnx(program, { fuses, stop });
  // The runtime has no way to end this early.
  await betweenStages(stop);
  const started = performance.now();
  const optimized = key && (await optimize(compiled, opening));
  const ready = optimized && { ...compiled, model: optimized.bytes };
  const model = ready ? modelOf(ready, false, opening) : modelOf(compiled, true, opening);
  const runner = optimized ? optimized.runner : await model.open('asleep');
  performance.measure('load into ONNX Runtime', { start: started });
  if (ready) await models?.keep(key, packed(ready));
  return { model, runner };
}

/** Undefined when the runtime will not have it: then it is compiled again. */
async function openKept(kept: Uint8Array, opening: Opening): Promise<OpenedModel | undefined> {
  const started = performance.now();
  const model = modelOf(unpacked(kept), false, opening);
  const runner = await model.open('asleep').catch(() => undefined);
  performance.measure('load into ONNX Runtime what was compiled before', { start: started });
  return runner && { model, runner };
}
