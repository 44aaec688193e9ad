/** TensorFlow as sessions see it: SavedModels that are loaded, run and let go. */
import { TAG } from '../../compile/tensorflow/schema.js';
import type { HostTensor } from '../../program/program.js';
import { collectGarbage, LARGE_BYTES } from '../updates/collectGarbage.js';
import type { TensorFlowBinding, TensorHandle } from './load.js';

export type Feeds = readonly (readonly [tensor: string, value: HostTensor])[];

/** Bytes. A tensor that begins elsewhere is copied, wherever TensorFlow was built for AVX-512. */
const ALIGNMENT = 64;

export interface TensorFlowRuntime {
  /** @returns the number of a session */
  load(folder: string): Promise<number>;
  /** Keeps tensors that the session's runs may be fed with: not copies, but the memory itself, whatever it holds by then. */
  keep(session: number, tensors: Feeds): Promise<void>;
  /**
   * @param fetches tensors, at least one
   * @param withKept whether it is fed with what is kept, too
   */
  run(session: number, feeds: Feeds, fetches: readonly string[], withKept?: boolean): Promise<HostTensor[]>;
  unload(session: number): Promise<void>;
}

interface Kept {
  readonly ids: number[];
  readonly names: string[];
  bytes: number;
}

/** On this thread, which is held up while TensorFlow works. */
export class LocalRuntime implements TensorFlowRuntime {
  readonly #binding: TensorFlowBinding;
  /** By session: the tensors that it keeps, with their names in its graph. */
  readonly #kept = new Map<number, Kept>();

  constructor(binding: TensorFlowBinding) {
    this.#binding = binding;
  }

  async load(folder: string): Promise<number> {
    return this.#binding.loadSavedModel(folder, TAG);
  }

  async keep(session: number, tensors: Feeds): Promise<void> {
    for (const [name, { data }] of tensors)
      if (data.byteOffset % ALIGNMENT !== 0) throw new Error(`TensorFlow would copy ${name}, which lies unaligned.`);
    const kept: Kept = { ids: [], names: [], bytes: 0 };
    this.#kept.set(session, kept);
    for (const [name, tensor] of tensors) {
      kept.ids.push(this.#tensor(tensor));
      kept.names.push(name);
      kept.bytes += tensor.data.byteLength;
    }
  }

  /** What it makes is copied out and let go: TensorFlow's own tensors know no garbage collection. */
  async run(session: number, feeds: Feeds, fetches: readonly string[], withKept = false): Promise<HostTensor[]> {
    const binding = this.#binding;
    const held: number[] = [];
    try {
      for (const [, tensor] of feeds) held.push(this.#tensor(tensor));
      const kept = withKept ? this.#kept.get(session) : undefined;
      const ids = [...held, ...(kept?.ids ?? [])];
      const inputNames = [...feeds.map(([name]) => name), ...(kept?.names ?? [])].join();
      const results = binding.runSavedModel(session, ids, inputNames, fetches.join());
      held.push(...results.map(({ id }) => id));
      return results.map((result) => this.#toHost(result));
    } finally {
      for (const id of held) binding.deleteTensor(id);
    }
  }

  async unload(session: number): Promise<void> {
    this.#binding.deleteSavedModel(session);
    const kept = this.#kept.get(session);
    if (kept === undefined) return;
    for (const id of kept.ids) this.#binding.deleteTensor(id);
    this.#kept.delete(session);
    if (kept.bytes >= LARGE_BYTES) collectGarbage();
  }

  #tensor({ data, shape }: HostTensor): number {
    const { TF_FLOAT, TF_INT32 } = this.#binding;
    return this.#binding.createTensor(shape, data instanceof Float32Array ? TF_FLOAT : TF_INT32, data);
  }

  #toHost({ id, shape }: TensorHandle): HostTensor {
    const data = this.#binding.tensorDataSync(id);
    if (data instanceof Float32Array) return { shape, dtype: 'float32', data };
    if (data instanceof Int32Array) return { shape, dtype: 'int32', data };
    throw new Error('TensorFlow returned a tensor that is neither of float32 nor of int32.');
  }
}
