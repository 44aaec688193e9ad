import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensorFlowNames } from '../../compile/tensorflow/emit.js';
import { TAG } from '../../compile/tensorflow/schema.js';
import type { HostTensor, NamedHostTensors, NamedSpecs, Program } from '../../method/program.js';
import type { Session } from '../engine.js';
import type { TensorFlowBinding, TensorHandle } from './load.js';

/**
 * A SavedModel that runs. The state stays inside TensorFlow; only a call's inputs and outputs come and go.
 *
 * tfjs-node runs a session on the thread that asks: while a call lasts, nothing else happens in this process.
 */
export class TensorFlowSession implements Session {
  readonly #binding: TensorFlowBinding;
  readonly #program: Program;
  readonly #session: number;
  readonly #outputs: readonly string[];
  readonly runsAs: string;
  #undoable = false;

  private constructor(
    binding: TensorFlowBinding,
    program: Program,
    session: number,
    { outputs, runsAs }: { readonly outputs: readonly string[]; readonly runsAs: string },
  ) {
    this.#binding = binding;
    this.#program = program;
    this.#session = session;
    this.#outputs = outputs;
    this.runsAs = runsAs;
  }

  /** @param savedModel bytes of a `saved_model.pb`; the file that TensorFlow wants is there while it is read */
  static async open(
    binding: TensorFlowBinding,
    program: Program,
    savedModel: Uint8Array,
    outputs: readonly string[],
    runsAs: string,
  ): Promise<TensorFlowSession> {
    const folder = await mkdtemp(join(tmpdir(), 'dino-tensorflow-'));
    try {
      await writeFile(join(folder, 'saved_model.pb'), savedModel);
      const session = binding.loadSavedModel(folder, TAG);
      return new TensorFlowSession(binding, program, session, { outputs, runsAs });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async call(inputs: NamedHostTensors): Promise<NamedHostTensors> {
    const feeds = this.#checked(this.#program.inputs, inputs, Object.keys(this.#program.inputs));
    // A call that fails has let go of what the one before it could have been taken back to.
    this.#undoable = false;
    const [, ...values] = this.#run(feeds, tensorFlowNames.input, [
      tensorFlowNames.called,
      ...this.#outputs.map(tensorFlowNames.output),
    ]);
    this.#undoable = true;
    return Object.fromEntries(this.#outputs.map((name, i) => [name, values[i] as HostTensor]));
  }

  async undo(): Promise<void> {
    if (!this.#undoable) throw new Error('There is no call to take back.');
    this.#run([], tensorFlowNames.input, [tensorFlowNames.undone]);
    this.#undoable = false;
  }

  async readState(names = Object.keys(this.#program.state)): Promise<NamedHostTensors> {
    for (const name of names) this.#stateSpec(name);
    const values = this.#run([], tensorFlowNames.value, names.map(tensorFlowNames.state));
    return Object.fromEntries(names.map((name, i) => [name, values[i] as HostTensor]));
  }

  async writeState(values: NamedHostTensors): Promise<void> {
    const names = Object.keys(values);
    for (const name of names) this.#stateSpec(name);
    const feeds = this.#checked(this.#program.state, values, names);
    this.#run(feeds, tensorFlowNames.value, names.map(tensorFlowNames.written));
    this.#undoable = false;
  }

  async dispose(): Promise<void> {
    this.#binding.deleteSavedModel(this.#session);
  }

  #stateSpec(name: string): void {
    if (this.#program.state[name] === undefined) throw new Error(`${this.#program.name} has no state ${name}.`);
  }

  #checked(specs: NamedSpecs, given: NamedHostTensors, names: readonly string[]): [string, HostTensor][] {
    return names.map((name) => {
      const tensor = given[name];
      const wanted = specs[name]?.shape ?? [];
      if (tensor === undefined) throw new Error(`${this.#program.name} needs the input ${name}.`);
      if (tensor.shape.join() !== wanted.join()) {
        throw new Error(
          `${this.#program.name} was compiled for ${name} of shape [${wanted}] and got [${tensor.shape}].`,
        );
      }
      return [name, tensor];
    });
  }

  /** One run of the session. What it makes is copied out and let go: TensorFlow's own tensors know no garbage collection. */
  #run(
    feeds: readonly (readonly [string, HostTensor])[],
    title: (name: string) => string,
    fetches: readonly string[],
  ): HostTensor[] {
    if (fetches.length === 0) return [];
    const binding = this.#binding;
    const held: number[] = [];
    try {
      for (const [, { data, shape }] of feeds) {
        const dtype = data instanceof Float32Array ? binding.TF_FLOAT : binding.TF_INT32;
        held.push(binding.createTensor(shape, dtype, data));
      }
      const inputNames = feeds.map(([name]) => title(name)).join();
      const results = binding.runSavedModel(this.#session, [...held], inputNames, fetches.join());
      held.push(...results.map(({ id }) => id));
      return results.map((result) => this.#toHost(result));
    } finally {
      for (const id of held) binding.deleteTensor(id);
    }
  }

  #toHost({ id, shape }: TensorHandle): HostTensor {
    const data = this.#binding.tensorDataSync(id);
    if (data instanceof Float32Array) return { shape, dtype: 'float32', data };
    if (data instanceof Int32Array) return { shape, dtype: 'int32', data };
    throw new Error('TensorFlow returned a tensor that is neither of float32 nor of int32.');
  }
}
