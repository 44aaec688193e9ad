/** A program as a model that ONNX Runtime runs: compiled, or kept from an earlier time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emitOnnx } from '../compile/onnx/emit.js';
import { recompute } from '../compile/recompute.js';
import { simplify } from '../compile/simplify.js';
import { type StateUpdates, splitStateUpdates } from '../compile/stateUpdates.js';
import { trace } from '../compile/trace.js';
import type { Program } from '../program/program.js';
import type { CompiledModels } from './compiledModels.js';
import { type CompiledProgram, packed, unpacked } from './compiledProgram.js';
import { useCpuBackend } from './cpuBackend.js';
import { inSavedOrder } from './onnxOrder.js';
import type { OnnxLibrary, OnnxRunner, RunnerOptions } from './onnxRunner.js';
import { betweenStages } from './stop.js';
import type { Waiting } from './threadWaiting.js';

/** Traces, simplifies, splits and emits the program. */
export async function compileToOnnx(program: Program, stop?: AbortSignal): Promise<CompiledProgram> {
  const started = performance.now();
  const traced = await trace(program);
  performance.measure('trace', { start: started });
  await betweenStages(stop);
  // Constants are folded by a backend that computes.
  await useCpuBackend();
  const tracedAt = performance.now();
  const { graph, handedOn, updates } = splitStateUpdates(recompute(simplify(traced)));
  performance.measure('simplify', { start: tracedAt });
  await betweenStages(stop);
  const simplifiedAt = performance.now();
  const model = emitOnnx(program.name, graph, handedOn);
  performance.measure('emit', { start: simplifiedAt });
  return { model, updates };
}

export interface OnnxModel {
  readonly library: OnnxLibrary;
  /** What is done to the state after each of its runs. */
  readonly updates: StateUpdates;
  /** A runner of it: many can be open. */
  open(waiting: Waiting): Promise<OnnxRunner>;
}

/** A model as the runtime optimizes it, which takes it longer than all else at its start. Undefined where it cannot be written. */
async function optimize({ model, updates }: CompiledProgram, { library, profilePrefix }: Opening) {
  const folder = await mkdtemp(join(tmpdir(), 'dino-onnx-')).catch(() => undefined);
  if (folder === undefined) return undefined;
  try {
    const optimizedFile = join(folder, 'model.onnx');
    const sharesMemory = isTraining(updates);
    const options: RunnerOptions = { optimize: true, waiting: 'asleep', sharesMemory, optimizedFile, profilePrefix };
    const runner = await library.open(model, options);
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
  readonly profilePrefix?: string | undefined;
  readonly stop: AbortSignal | undefined;
}

export interface OpenedModel {
  readonly model: OnnxModel;
  /** Of that model, its threads asleep while they wait. */
  readonly runner: OnnxRunner;
}

const modelOf = (
  { model, updates }: CompiledProgram,
  optimize: boolean,
  { library, profilePrefix }: Opening,
): OnnxModel => ({
  library,
  updates,
  open: (waiting) => library.open(model, { optimize, waiting, sharesMemory: isTraining(updates), profilePrefix }),
});

/** Such programs are called often, and run alone: what they leave free is no loss to others. */
const isTraining = ({ updates }: StateUpdates): boolean => updates.length > 0;

/** The program as the runtime runs it, from what was kept of it where that is. */
export async function openModel(program: Program, opening: Opening): Promise<OpenedModel> {
  const { version, models, stop } = opening;
  const key = models?.keyOf(program, version);
  const kept = key && (await models?.find(key));
  const again = kept && (await openKept(kept, opening));
  if (again) return again;
  const compiled = await compileToOnnx(program, stop);
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
