/** Makes the updates of a program's state when its graph has run: in place, on all processors. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { StateUpdates } from '../../compile/stateUpdates.js';
import { LANES, updateKernelModule } from '../../compile/wasm/updateKernels.js';
import type { NamedHostTensors } from '../../program/program.js';
import { collectGarbage, LARGE_BYTES } from './collectGarbage.js';
import { type PlacedUpdate, type UpdateMemory, updateMemoryFor } from './updateMemory.js';
import { TASK_FIELDS, type UpdateWork, workerOn } from './work.js';

/** Bytes of each tensor in a task: all tensors' parts lie in a core's own cache. */
const TASK_BYTES = 2 ** 16;
/** Below it another thread would take longer to wake than the work takes. */
const LEAST_ELEMENTS_FOR_THREADS = 2 ** 18;
/** Memory is not any faster for more. */
const MOST_THREADS = 8;

/** Beside the bundle of this program. The sources themselves, as unit tests run them, have none, and do without threads. */
const THREAD_FILE = fileURLToPath(new URL('updateThread.cjs', import.meta.url));

export class StateUpdater {
  #memory: UpdateMemory;
  readonly #handedNumbers = new Map<number, Float32Array>();
  #work: UpdateWork;
  readonly #threads: readonly Worker[];
  #onThisThread: (() => void) | undefined;
  #isDue = false;
  /** What threads have not reported yet, and how a run ends. */
  #awaited = 0;
  #ending: { resolve(): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(updates: StateUpdates, threadFile = THREAD_FILE) {
    this.#memory = updateMemoryFor(updates);
    for (const number of updates.updates.flatMap((update) => update.numbers))
      if ('handedOn' in number) this.#handedNumbers.set(number.handedOn, new Float32Array(1));
    this.#work = {
      module: new WebAssembly.Module(updateKernelModule(updates.kernels)),
      memories: this.#memory.memories,
      tasks: tasksOf(this.#memory.placed),
      taken: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    };
    const elements = updates.updates.reduce((sum, { size }) => sum + size, 0);
    const isThreaded = elements >= LEAST_ELEMENTS_FOR_THREADS && existsSync(threadFile);
    const count = isThreaded ? Math.min(availableParallelism(), MOST_THREADS) : 0;
    this.#threads = Array.from({ length: count }, () => this.#startThread(threadFile));
  }

  /** Tensors of the state that must lie here, by name. */
  get state(): ReadonlyMap<string, Float32Array> {
    return this.#memory.state;
  }

  /** That the tensors take. */
  get bytes(): number {
    return this.#memory.memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  }

  /** What the graph hands on must be written here. */
  handedOn(place: number): Float32Array {
    const values = this.#memory.handedOn.get(place) ?? this.#handedNumbers.get(place);
    if (values === undefined) throw new Error(`No update takes what is handed on at ${place}.`);
    return values;
  }

  /** Whether the graph has run since the updates were made, or forgotten. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** Notes the numbers that the next run takes, once the graph has run with these inputs. */
  note(inputs: NamedHostTensors): void {
    for (const { update, numbers } of this.#memory.placed) {
      update.numbers.forEach((number, i) => {
        const from = 'input' in number ? inputs[number.input]?.data : this.#handedNumbers.get(number.handedOn);
        if (from?.[0] === undefined) throw new Error(`An update was given no number: ${JSON.stringify(number)}.`);
        numbers[i] = from[0];
      });
    }
    this.#isDue = true;
  }

  /** Makes none of the updates that are due: the state stays as it is. */
  forget(): void {
    this.#isDue = false;
  }

  /** Makes all updates. Runs must not overlap. Where one fails, the state is lost. */
  async run(): Promise<void> {
    if (this.#failure) throw this.#failure;
    await this.#makeAll();
    this.#isDue = false;
  }

  async #makeAll(): Promise<void> {
    Atomics.store(this.#work.taken, 0, 0);
    if (this.#threads.length === 0) {
      this.#onThisThread ??= workerOn(this.#work);
      this.#onThisThread();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#awaited = this.#threads.length;
      this.#ending = { resolve, reject };
      for (const thread of this.#threads) {
        thread.ref();
        thread.postMessage(undefined);
      }
    });
  }

  /** To be called when nothing else has its tensors: their memory is given back. */
  async dispose(): Promise<void> {
    this.#failure ??= new Error('The session has been disposed of.');
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
    const { bytes } = this;
    this.#memory = { memories: [], placed: [], state: new Map(), handedOn: new Map() };
    this.#work = { ...this.#work, memories: [] };
    this.#onThisThread = undefined;
    if (bytes >= LARGE_BYTES) collectGarbage();
  }

  #startThread(file: string): Worker {
    const thread = new Worker(file, { workerData: this.#work });
    thread.on('message', () => {
      // It keeps the process alive while it works, and no longer: not even while it comes up.
      thread.unref();
      this.#awaited--;
      if (this.#awaited === 0) this.#end();
    });
    thread.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    thread.on('exit', () => this.#end(new Error('A thread that updates the state has ended.')));
    thread.unref();
    return thread;
  }

  #end(failure?: Error): void {
    this.#failure ??= failure;
    if (failure) this.#ending?.reject(failure);
    else this.#ending?.resolve();
    this.#ending = undefined;
  }
}

/** The largest first, so that the last ones to end are small. */
function tasksOf(placed: readonly PlacedUpdate[]): Uint32Array {
  const tasks = placed
    .toSorted((a, b) => b.bytes - a.bytes)
    .flatMap(({ update, memory, record }) => {
      const bytes = Math.ceil(update.size / LANES) * LANES * Float32Array.BYTES_PER_ELEMENT;
      return Array.from({ length: Math.ceil(bytes / TASK_BYTES) }, (_, i) => [
        ...[memory, update.kernel, record],
        ...[i * TASK_BYTES, Math.min(bytes, (i + 1) * TASK_BYTES)],
      ]);
    });
  const shared = new Uint32Array(new SharedArrayBuffer(tasks.length * TASK_FIELDS * Uint32Array.BYTES_PER_ELEMENT));
  tasks.forEach((task, i) => {
    shared.set(task, i * TASK_FIELDS);
  });
  return shared;
}
