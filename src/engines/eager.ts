/** The eager engine: a program's own ops, one by one, on a tfjs backend. Slow, and the oracle for the compiled engines. */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor, NamedHostTensors, NamedTensors, Program } from '../program/program.js';
import { cpuBackendVersion, useCpuBackend } from './cpuBackend.js';
import type { Engine, Session } from './engine.js';
import { requireState } from './requireState.js';

const upload = (tensors: NamedHostTensors): NamedTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { data, shape, dtype }]) => [name, tf.tensor(data.slice(), [...shape], dtype)]),
  );

const download = (tensors: NamedTensors): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]): [string, HostTensor] => {
      const data = tensor.dataSync().slice() as Float32Array | Int32Array;
      return [name, { shape: tensor.shape, dtype: data instanceof Float32Array ? 'float32' : 'int32', data }];
    }),
  );

class EagerSession implements Session {
  readonly #program: Program;
  #state: NamedHostTensors;
  #before: NamedHostTensors | undefined;

  constructor(program: Program, state: NamedHostTensors) {
    this.#program = program;
    this.#state = state;
  }

  async call(inputs: NamedHostTensors): Promise<NamedHostTensors> {
    await useCpuBackend();
    let newState: NamedHostTensors = {};
    let outputs: NamedHostTensors = {};
    tf.tidy(() => {
      const result = this.#program.body(upload(this.#state), upload(inputs));
      newState = download(result.state);
      outputs = download(result.outputs);
    });
    this.#before = this.#state;
    this.#state = { ...this.#state, ...newState };
    return outputs;
  }

  async undo(): Promise<void> {
    if (this.#before === undefined) throw new Error('There is no call to take back.');
    this.#state = this.#before;
    this.#before = undefined;
  }

  async readState(names = Object.keys(this.#program.state)): Promise<NamedHostTensors> {
    return Object.fromEntries(
      names.map((name) => {
        const tensor = this.#state[name];
        if (tensor === undefined) throw new Error(`${this.#program.name} has no state ${name}.`);
        return [name, { ...tensor, data: tensor.data.slice() }];
      }),
    );
  }

  async writeState(values: NamedHostTensors): Promise<void> {
    const copies = Object.entries(values).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]);
    this.#state = { ...this.#state, ...Object.fromEntries(copies) };
    this.#before = undefined;
  }

  async dispose(): Promise<void> {
    this.#state = {};
    this.#before = undefined;
  }
}

export const eagerEngine: Engine = {
  name: 'eager',
  version: cpuBackendVersion,
  // One image by itself: more of them gain nothing, and a folder of two would take as long as one of 64.
  pieces: { layerSize: 1, calls: 1 },
  compile: async (program, state) => {
    requireState(program, state);
    return new EagerSession(program, state);
  },
};
