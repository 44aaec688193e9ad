/** The ONNX engine: the traced program as one ONNX model, run by ONNX Runtime. */
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { emitOnnx, onnxNames } from '../compile/onnx/emit.js';
import { simplify } from '../compile/simplify.js';
import { trace } from '../compile/trace.js';
import { type HostTensor, type NamedHostTensors, type Program, sizeOf, type TensorSpec } from '../method/program.js';
import { useCpuBackend } from './cpuBackend.js';
import type { Engine, Provider, Session } from './engine.js';
import { OnnxProfile } from './onnxProfile.js';
import type { Span } from './profile.js';
import { requireState } from './requireState.js';
import { betweenStages } from './stop.js';

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
export async function compileToOnnx(program: Program, stop?: AbortSignal) {
  const started = performance.now();
  const traced = await trace(program);
  performance.measure('trace', { start: started });
  await betweenStages(stop);
  // Constants are folded by a backend that computes.
  await useCpuBackend();
  const tracedAt = performance.now();
  const graph = simplify(traced);
  performance.measure('simplify', { start: tracedAt });
  await betweenStages(stop);
  const simplifiedAt = performance.now();
  const model = emitOnnx(program.name, graph);
  performance.measure('emit', { start: simplifiedAt });
  return { graph, model };
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

/**
 * The engine on one of the runtime's execution providers. What a GPU's provider cannot do, the processor does. The state lies
 * in ordinary memory, and goes to a GPU and back with each call.
 */
export const openOnnxEngine = (provider: Provider): Engine => ({
  name: 'onnx',
  version: `onnxruntime-node ${onnxVersion} (${provider})`,
  usesGpu: provider !== 'cpu',
  compile: async (program, state, options) => {
    requireState(program, state);
    const { graph, model } = await compileToOnnx(program, options?.stop);
    // The runtime has no way to end this early.
    await betweenStages(options?.stop);
    const profile = options?.profile ? await OnnxProfile.begin() : undefined;
    const started = performance.now();
    const session = await InferenceSession.create(model, {
      ...SESSION_OPTIONS,
      ...profile?.sessionOptions,
      executionProviders: [provider],
    });
    performance.measure('load into ONNX Runtime', { start: started });
    const names = { changed: [...graph.newState.keys()], outputs: [...graph.outputs.keys()] };
    const made = new OnnxSession(program, session, names, profile);
    await made.writeState(state);
    return made;
  },
});

export const onnxEngine = openOnnxEngine('cpu');
