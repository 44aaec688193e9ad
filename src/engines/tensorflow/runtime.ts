/** TensorFlow as sessions see it: SavedModels that are loaded, run and let go. */
import { TAG } from '../../compile/tensorflow/schema.js';
import type { HostTensor } from '../../program/program.js';
import type { TensorFlowBinding, TensorHandle } from './load.js';

export type Feeds = readonly (readonly [tensor: string, value: HostTensor])[];

export interface TensorFlowRuntime {
  /** @returns the number of a session */
  load(folder: string): Promise<number>;
  /** @param fetches tensors, at least one */
  run(session: number, feeds: Feeds, fetches: readonly string[]): Promise<HostTensor[]>;
  unload(session: number): Promise<void>;
}

/** On this thread, which is held up while TensorFlow works. */
export class LocalRuntime implements TensorFlowRuntime {
  readonly #binding: TensorFlowBinding;

  constructor(binding: TensorFlowBinding) {
    this.#binding = binding;
  }

  async load(folder: string): Promise<number> {
    return this.#binding.loadSavedModel(folder, TAG);
  }

  /** What it makes is copied out and let go: TensorFlow's own tensors know no garbage collection. */
  async run(session: number, feeds: Feeds, fetches: readonly string[]): Promise<HostTensor[]> {
    const binding = this.#binding;
    const held: number[] = [];
    try {
      for (const [, { data, shape }] of feeds) {
        const dtype = data instanceof Float32Array ? binding.TF_FLOAT : binding.TF_INT32;
        held.push(binding.createTensor(shape, dtype, data));
      }
      const inputNames = feeds.map(([tensor]) => tensor).join();
      const results = binding.runSavedModel(session, [...held], inputNames, fetches.join());
      held.push(...results.map(({ id }) => id));
      return results.map((result) => this.#toHost(result));
    } finally {
      for (const id of held) binding.deleteTensor(id);
    }
  }

  async unload(session: number): Promise<void> {
    this.#binding.deleteSavedModel(session);
  }

  #toHost({ id, shape }: TensorHandle): HostTensor {
    const data = this.#binding.tensorDataSync(id);
    if (data instanceof Float32Array) return { shape, dtype: 'float32', data };
    if (data instanceof Int32Array) return { shape, dtype: 'int32', data };
    throw new Error('TensorFlow returned a tensor that is neither of float32 nor of int32.');
  }
}
