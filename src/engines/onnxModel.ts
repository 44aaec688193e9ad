/** A program as a model that ONNX Runtime runs: compiled, or kept from an earlier time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { emitOnnx } from '../compile/onnx/emit.js';
import { recompute } from '../compile/recompute.js';
import { simplify } from '../compile/simplify.js';
import { trace } from '../compile/trace.js';
import type { Program } from '../program/program.js';
import type { CompiledModels } from './compiledModels.js';
import { useCpuBackend } from './cpuBackend.js';
import { inSavedOrder } from './onnxOrder.js';
import { betweenStages } from './stop.js';
import type { Waiting } from './threadWaiting.js';

/** Traces, simplifies and emits the program; what `onnx` runs, as bytes. */
export async function compileToOnnx(program: Program, stop?: AbortSignal): Promise<Uint8Array> {
  const started = performance.now();
  const traced = await trace(program);
  performance.measure('trace', { start: started });
  await betweenStages(stop);
  // Constants are folded by a backend that computes.
  await useCpuBackend();
  const tracedAt = performance.now();
  const graph = recompute(simplify(traced));
  performance.measure('simplify', { start: tracedAt });
  await betweenStages(stop);
  const simplifiedAt = performance.now();
  const model = emitOnnx(program.name, graph);
  performance.measure('emit', { start: simplifiedAt });
  return model;
}

const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  graphOptimizationLevel: 'all',
  // A plan of all the memory as one block comes on top of the blocks of the first call, which are never given back: 980 MB instead of 700
  // for the step of dim 192 at batch 16. It saves a fourteenth of that step on one processor (Intel Xeon) and nothing on another (AMD EPYC).
  enableMemPattern: false,
};

/** A pool that spins does so within a call alone: what runs between two calls has the processor for itself. */
const THREADS: Readonly<Record<Waiting, Readonly<Record<string, unknown>>>> = {
  asleep: { session: { intra_op: { allow_spinning: '0' } } },
  spinning: { session: { intra_op: { allow_spinning: '1' }, force_spinning_stop: '1' } },
};

export interface OnnxModel {
  /** A session of it: many can be open. */
  open(waiting: Waiting): Promise<InferenceSession>;
}

/** The runtime warns that what it has optimized belongs to this machine; the name under which it is kept says so. */
const ERRORS_ALONE = 3;

/** A model as the runtime optimizes it, which takes it longer than all else at its start. Undefined where it cannot be written. */
async function optimize(model: Uint8Array, options: InferenceSession.SessionOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'dino-onnx-')).catch(() => undefined);
  if (folder === undefined) return undefined;
  try {
    const optimizedModelFilePath = join(folder, 'model.onnx');
    const session = await InferenceSession.create(model, {
      ...options,
      extra: THREADS.asleep,
      optimizedModelFilePath,
      logSeverityLevel: ERRORS_ALONE,
    });
    return { session, bytes: inSavedOrder(await readFile(optimizedModelFilePath)) };
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Opening {
  readonly version: string;
  readonly models: CompiledModels | undefined;
  readonly sessionOptions: InferenceSession.SessionOptions;
  readonly stop: AbortSignal | undefined;
}

/** What a session is made of, whichever way its threads wait. */
interface Bytes {
  readonly bytes: Uint8Array;
  readonly options: InferenceSession.SessionOptions;
}

export interface OpenedModel {
  readonly model: OnnxModel;
  /** Of that model, its threads asleep while they wait. */
  readonly session: InferenceSession;
}

const modelOf = ({ bytes, options }: Bytes): OnnxModel => ({
  open: (waiting) => InferenceSession.create(bytes, { ...options, extra: THREADS[waiting] }),
});

/** The program as the runtime runs it, from what was kept of it where that is. */
export async function openModel(program: Program, opening: Opening): Promise<OpenedModel> {
  const { version, models, stop } = opening;
  const options = { ...SESSION_OPTIONS, ...opening.sessionOptions };
  const key = models?.keyOf(program, version);
  const kept = key && (await models?.find(key));
  const ready = kept && (await openKept(kept, options));
  if (ready) return ready;
  const bytes = await compileToOnnx(program, stop);
  // The runtime has no way to end this early.
  await betweenStages(stop);
  const started = performance.now();
  const optimized = key && (await optimize(bytes, options));
  const model = modelOf(optimized ? asOptimized(optimized.bytes, options) : { bytes, options });
  const session = optimized ? optimized.session : await model.open('asleep');
  performance.measure('load into ONNX Runtime', { start: started });
  if (optimized) await models?.keep(key, optimized.bytes);
  return { model, session };
}

const asOptimized = (bytes: Uint8Array, options: InferenceSession.SessionOptions): Bytes => ({
  bytes,
  options: { ...options, graphOptimizationLevel: 'disabled' },
});

/** Undefined when the runtime will not have it: then it is compiled again. */
async function openKept(kept: Uint8Array, options: InferenceSession.SessionOptions): Promise<OpenedModel | undefined> {
  const started = performance.now();
  const model = modelOf(asOptimized(kept, options));
  const session = await model.open('asleep').catch(() => undefined);
  performance.measure('load into ONNX Runtime what was compiled before', { start: started });
  return session && { model, session };
}
