/** The ONNX engine: the traced program as one ONNX model, run by ONNX Runtime. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { emitOnnx, onnxNames, resultNames } from '../compile/onnx/emit.js';
import { recompute } from '../compile/recompute.js';
import { simplify } from '../compile/simplify.js';
import { trace } from '../compile/trace.js';
import { type HostTensor, type NamedHostTensors, type Program, sizeOf, type TensorSpec } from '../method/program.js';
import { type CompiledModels, compiledModelsIn } from './compiledModels.js';
import { useCpuBackend } from './cpuBackend.js';
import type { Engine, Provider, Session } from './engine.js';
import { OnnxProfile } from './onnxProfile.js';
import type { Span } from './profile.js';
import { requireState } from './requireState.js';
import { betweenStages } from './stop.js';
import { storageFolder } from './storage.js';

const zeros = ({ shape, dtype }: TensorSpec): Float32Array | Int32Array =>
  dtype === 'float32' ? new Float32Array(sizeOf(shape)) : new Int32Array(sizeOf(shape));

const toOrt = ({ data, shape }: HostTensor): Tensor =>
  data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('int32', data, shape);

function fromOrt(tensor: Tensor): HostTensor {
  const { data } = tensor;
  if (data instanceof Float32Array) return { shape: tensor.dims, dtype: 'float32', data };
  if (data instanceof Int32Array) return { shape: tensor.dims, dtype: 'int32', data };
  throw new Error(`ONNX Runtime returned a tensor of type ${tensor.type}.`);
}

/**
 * The state lies in two sets of buffers: a call reads one and writes the other, then they change places. The runtime may
 * write a new weight before it has read the old one for the last time, so it must not write in place; and the set left
 * behind is what undo() goes back to.
 */
class OnnxSession implements Session {
  readonly #program: Program;
  readonly #session: InferenceSession;
  readonly #changed: readonly string[];
  readonly #outputs: readonly string[];
  readonly #profile: OnnxProfile | undefined;
  readonly #current = new Map<string, Tensor>();
  readonly #other = new Map<string, Tensor>();
  #undoable = false;

  constructor(
    program: Program,
    session: InferenceSession,
    names: { readonly changed: readonly string[]; readonly outputs: readonly string[] },
    profile: OnnxProfile | undefined,
  ) {
    this.#program = program;
    this.#session = session;
    this.#changed = names.changed;
    this.#outputs = names.outputs;
    this.#profile = profile;
    for (const [name, spec] of Object.entries(program.state)) {
      this.#current.set(name, toOrt({ ...spec, data: zeros(spec) }));
    }
    for (const name of this.#changed) {
      const spec = program.state[name] as TensorSpec;
      this.#other.set(name, toOrt({ ...spec, data: zeros(spec) }));
    }
  }

  async call(inputs: NamedHostTensors): Promise<NamedHostTensors> {
    const feeds: Record<string, Tensor> = {};
    for (const [name, tensor] of this.#current) feeds[onnxNames.state(name)] = tensor;
    for (const [name, spec] of Object.entries(this.#program.inputs)) {
      const given = inputs[name];
      if (given === undefined) throw new Error(`${this.#program.name} needs the input ${name}.`);
      if (given.shape.join() !== spec.shape.join()) {
        throw new Error(
          `${this.#program.name} was compiled for ${name} of shape [${spec.shape}] and got [${given.shape}].`,
        );
      }
      feeds[onnxNames.input(name)] = toOrt(given);
    }
    const fetches: Record<string, Tensor | null> = {};
    for (const [name, tensor] of this.#other) fetches[onnxNames.newState(name)] = tensor;
    for (const name of this.#outputs) fetches[onnxNames.output(name)] = null;
    this.#profile?.runBegins();
    const results = await this.#session.run(feeds, fetches);
    this.#swap();
    this.#undoable = true;
    return Object.fromEntries(this.#outputs.map((name) => [name, fromOrt(results[onnxNames.output(name)] as Tensor)]));
  }

  async undo(): Promise<void> {
    if (!this.#undoable) throw new Error('There is no call to take back.');
    this.#swap();
    this.#undoable = false;
  }

  async readState(names = Object.keys(this.#program.state)): Promise<NamedHostTensors> {
    return Object.fromEntries(
      names.map((name) => {
        const tensor = fromOrt(this.#stateTensor(name));
        return [name, { ...tensor, data: tensor.data.slice() }];
      }),
    );
  }

  async writeState(values: NamedHostTensors): Promise<void> {
    for (const [name, { data, shape }] of Object.entries(values)) {
      const tensor = this.#stateTensor(name);
      if (tensor.dims.join() !== shape.join()) {
        throw new Error(`${name} has shape [${shape}] where ${this.#program.name} keeps [${tensor.dims}].`);
      }
      (tensor.data as Float32Array | Int32Array).set(data);
    }
    this.#undoable = false;
  }

  async takeProfile(): Promise<readonly Span[]> {
    if (this.#profile === undefined) return [];
    this.#session.endProfiling();
    return this.#profile.take();
  }

  async dispose(): Promise<void> {
    await this.#session.release();
    await this.#profile?.dispose();
    this.#current.clear();
    this.#other.clear();
  }

  #stateTensor(name: string): Tensor {
    const tensor = this.#current.get(name);
    if (tensor === undefined) throw new Error(`${this.#program.name} has no state ${name}.`);
    return tensor;
  }

  #swap(): void {
    for (const name of this.#changed) {
      const [read, written] = [this.#current.get(name) as Tensor, this.#other.get(name) as Tensor];
      this.#current.set(name, written);
      this.#other.set(name, read);
    }
  }
}

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
  // A plan of all the memory as one block comes on top of the blocks of the first call, which are never given back: a third
  // more memory, and no time won.
  enableMemPattern: false,
  // Threads that wait by spinning are a little faster on an idle machine and several times slower on one that does
  // anything else, such as decoding pictures or running an editor.
  extra: { session: { intra_op: { allow_spinning: '0' } } },
};

export const onnxVersion = env.versions.node ?? env.versions.common;

/** The runtime warns that what it has optimised belongs to this machine; the name under which it is kept says so. */
const ERRORS_ALONE = 3;

/** A model as the runtime optimises it, which takes it longer than all else at its start. Undefined where it cannot be written. */
async function optimize(model: Uint8Array, options: InferenceSession.SessionOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'dino-onnx-')).catch(() => undefined);
  if (folder === undefined) return undefined;
  try {
    const optimizedModelFilePath = join(folder, 'model.onnx');
    const session = await InferenceSession.create(model, {
      ...options,
      optimizedModelFilePath,
      logSeverityLevel: ERRORS_ALONE,
    });
    return { session, optimized: await readFile(optimizedModelFilePath) };
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Undefined when the runtime will not have it: then it is compiled again. */
async function openKept(kept: Uint8Array, options: InferenceSession.SessionOptions) {
  const started = performance.now();
  const session = await InferenceSession.create(kept, { ...options, graphOptimizationLevel: 'disabled' }).catch(
    () => undefined,
  );
  performance.measure('load into ONNX Runtime what was compiled before', { start: started });
  return session;
}

interface Opening {
  readonly version: string;
  readonly models: CompiledModels | undefined;
  readonly sessionOptions: InferenceSession.SessionOptions;
  readonly stop: AbortSignal | undefined;
}

/** The program as the runtime runs it, from what was kept of it where that is. */
async function openSession(
  program: Program,
  { version, models, sessionOptions, stop }: Opening,
): Promise<InferenceSession> {
  const key = models?.keyOf(program, version);
  const kept = key && (await models?.find(key));
  const ready = kept && (await openKept(kept, sessionOptions));
  if (ready) return ready;
  const model = await compileToOnnx(program, stop);
  // The runtime has no way to end this early.
  await betweenStages(stop);
  const started = performance.now();
  const optimized = key && (await optimize(model, sessionOptions));
  const session = optimized ? optimized.session : await InferenceSession.create(model, sessionOptions);
  performance.measure('load into ONNX Runtime', { start: started });
  if (optimized) await models?.keep(key, optimized.optimized);
  return session;
}

/**
 * The engine on one of the runtime's execution providers. What a GPU's provider cannot do, the processor does. The state lies
 * in ordinary memory, and goes to a GPU and back with each call.
 * @param models where what was compiled is kept for the next time, if it is; not for GPUs, since what a provider has made of a
 * model cannot be written
 */
export const openOnnxEngine = (
  provider: Provider,
  models: () => CompiledModels | undefined = () => compiledModelsIn(storageFolder()),
): Engine => {
  const version = `onnxruntime-node ${onnxVersion} (${provider})`;
  const usesGpu = provider !== 'cpu';
  return {
    name: 'onnx',
    version,
    usesGpu,
    compile: async (program, state, options) => {
      requireState(program, state);
      const profile = options?.profile ? await OnnxProfile.begin() : undefined;
      const session = await openSession(program, {
        version,
        models: usesGpu ? undefined : models(),
        sessionOptions: { ...SESSION_OPTIONS, ...profile?.sessionOptions, executionProviders: [provider] },
        stop: options?.stop,
      });
      const made = new OnnxSession(program, session, resultNames(session.outputNames), profile);
      await made.writeState(state);
      return made;
    },
  };
};

export const onnxEngine = openOnnxEngine('cpu');
