import { Worker } from 'node:worker_threads';
import type { HostTensor } from '../../program/program.js';
import { countNativeWork } from '../underWay.js';
import type { Feeds, TensorFlowRuntime } from './runtime.js';

export type ThreadRequest =
  | { readonly kind: 'load'; readonly folder: string }
  | {
      readonly kind: 'run';
      readonly session: number;
      readonly feeds: Feeds;
      readonly fetches: readonly string[];
      readonly withKept: boolean;
    }
  | { readonly kind: 'keep'; readonly session: number; readonly tensors: Feeds }
  | { readonly kind: 'unload'; readonly session: number };

export interface ThreadAnswer {
  readonly id: number;
  readonly value: number | HostTensor[] | undefined;
  /** Present when it failed. */
  readonly problem?: string;
}

interface Waiting {
  resolve(value: ThreadAnswer['value']): void;
  reject(error: Error): void;
}

/** TensorFlow on a thread of its own. What it is fed with is copied, unless it lies in shared memory. */
export class ThreadRuntime implements TensorFlowRuntime {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  /** Why the thread is no more. */
  #end: Error | undefined;

  /**
   * @param file the bundled `tensorflowThread.cjs`
   * @param binding path of tfjs-node's binding, which this process has loaded before
   */
  constructor(file: string, binding: string) {
    this.#thread = new Worker(file, { workerData: binding });
    this.#thread.on('message', ({ id, value, problem }: ThreadAnswer) => {
      const waiting = this.#take(id);
      if (problem === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(problem));
    });
    this.#thread.on('error', (error: Error) => this.#failAll(error));
    this.#thread.on('exit', () => this.#failAll(new Error('TensorFlow’s thread has ended.')));
    // It keeps the process alive while it works, and no longer: not even while it comes up.
    this.#thread.on('online', () => this.#restIfIdle());
    this.#restIfIdle();
  }

  async load(folder: string): Promise<number> {
    return (await this.#ask({ kind: 'load', folder })) as number;
  }

  async keep(session: number, tensors: Feeds): Promise<void> {
    await this.#ask({ kind: 'keep', session, tensors });
  }

  async run(session: number, feeds: Feeds, fetches: readonly string[], withKept = false): Promise<HostTensor[]> {
    return (await this.#ask({ kind: 'run', session, feeds, fetches, withKept })) as HostTensor[];
  }

  async unload(session: number): Promise<void> {
    await this.#ask({ kind: 'unload', session });
  }

  #ask(request: ThreadRequest): Promise<ThreadAnswer['value']> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = this.#count++;
    const answer = new Promise<ThreadAnswer['value']>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#thread.ref();
      this.#thread.postMessage({ id, request });
    });
    return countNativeWork(answer);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#restIfIdle();
    return waiting;
  }

  #restIfIdle(): void {
    if (this.#waiting.size === 0) this.#thread.unref();
  }

  #failAll(error: Error): void {
    this.#end ??= error;
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(error);
  }
}
