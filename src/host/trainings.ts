/** The runs that this window trains, or has trained, by their folder. */
import * as vscode from 'vscode';
import { z } from 'zod';
import type { TrainRequest } from '../protocol/worker.js';
import { Disposable } from './disposable.js';
import { Training } from './training.js';

export interface TrainingsOptions {
  readonly workerFile: string;
  readonly storage: string;
  readonly output: vscode.LogOutputChannel;
  /** What is remembered for the workspace. */
  readonly memory: vscode.Memento;
  nodePath(): string;
}

/** The trainings that wait: a window that closes, closes with them. */
const QUEUE_KEY = 'trainings.queue';

const queueSchema: z.ZodType<TrainRequest[]> = z.array(
  z.object({
    data: z.string(),
    run: z.string(),
    name: z.string().exactOptional(),
    preset: z.string().exactOptional(),
    configFile: z.string().exactOptional(),
    editor: z
      .object({ scope: z.enum(['folder', 'workspace', 'user']), settings: z.record(z.string(), z.unknown()) })
      .exactOptional(),
    settings: z.record(z.string(), z.unknown()).exactOptional(),
    init: z.object({ path: z.string(), head: z.enum(['new', 'kept']).exactOptional() }).exactOptional(),
    resume: z.boolean(),
  }),
);

export class Trainings extends Disposable {
  readonly #byRun = new Map<string, Training>();
  readonly #changed = this._register(new vscode.EventEmitter<Training>());
  /** A training began, went on, or ended. */
  readonly onDidChange = this.#changed.event;
  readonly #ended = this._register(new vscode.EventEmitter<Training>());
  readonly onDidEnd = this.#ended.event;

  #remembered = '[]';

  constructor(private readonly options: TrainingsOptions) {
    super();
    this._register(this.onDidChange(() => this.#remember()));
    this._register({
      dispose: () => {
        for (const training of this.#byRun.values()) training.dispose();
      },
    });
  }

  /** @param when `now`, or when all that are under way or wait have ended */
  start(request: TrainRequest, when: 'now' | 'queued' = 'now'): Training {
    this.forget(request.run);
    const before = Promise.all(this.active.map(({ ended }) => ended));
    const { workerFile: file, storage, output, nodePath } = this.options;
    const name = `training of ${request.name ?? request.run}`;
    const training = new Training(
      request,
      { file, storage, output, name, nodePath: nodePath() },
      when === 'queued' ? before : undefined,
    );
    this.#byRun.set(request.run, training);
    training.onDidChange(() => this.#changed.fire(training));
    void training.ended.then(() => {
      // A window that closes has nobody to tell.
      if (!this.isDisposed && this.#byRun.get(request.run) === training) this.#ended.fire(training);
    });
    this.#changed.fire(training);
    return training;
  }

  /** Those that waited when the window was closed; told once. */
  async takeQueueOfLastTime(): Promise<readonly TrainRequest[]> {
    const { memory } = this.options;
    const { data = [] } = queueSchema.safeParse(memory.get(QUEUE_KEY));
    await memory.update(QUEUE_KEY, undefined);
    return data;
  }

  #remember(): void {
    if (this.isDisposed) return;
    const queue = this.all.filter(({ state }) => state === 'queued').map(({ request }) => request);
    const text = JSON.stringify(queue);
    if (text === this.#remembered) return;
    this.#remembered = text;
    void this.options.memory.update(QUEUE_KEY, queue);
  }

  get(run: string): Training | undefined {
    return this.#byRun.get(run);
  }

  get all(): readonly Training[] {
    return [...this.#byRun.values()];
  }

  /** Those that have not ended, the newest last. */
  get active(): readonly Training[] {
    return this.all.filter(({ state }) => state !== 'ended');
  }

  /** Drops what is remembered of a training that has ended. */
  forget(run: string): void {
    const training = this.#byRun.get(run);
    if (training === undefined || training.state !== 'ended') return;
    this.#byRun.delete(run);
    training.dispose();
    this.#changed.fire(training);
  }
}
