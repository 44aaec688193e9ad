/** The runs that this window trains, or has trained, by their folder. */
import * as vscode from 'vscode';
import type { TrainRequest } from '../protocol/worker.js';
import { Disposable } from './disposable.js';
import { Training } from './training.js';

export interface TrainingsOptions {
  readonly workerFile: string;
  readonly storage: string;
  readonly output: vscode.LogOutputChannel;
  nodePath(): string;
}

export class Trainings extends Disposable {
  readonly #byRun = new Map<string, Training>();
  readonly #changed = this._register(new vscode.EventEmitter<Training>());
  /** A training began, went on, or ended. */
  readonly onDidChange = this.#changed.event;
  readonly #ended = this._register(new vscode.EventEmitter<Training>());
  readonly onDidEnd = this.#ended.event;

  constructor(private readonly options: TrainingsOptions) {
    super();
    this._register({
      dispose: () => {
        for (const training of this.#byRun.values()) training.dispose();
      },
    });
  }

  start(request: TrainRequest): Training {
    this.forget(request.run);
    const { workerFile: file, storage, output, nodePath } = this.options;
    const name = `training of ${request.name ?? request.run}`;
    const training = new Training(request, { file, storage, output, name, nodePath: nodePath() });
    this.#byRun.set(request.run, training);
    training.onDidChange(() => this.#changed.fire(training));
    void training.ended.then(() => {
      // A window that closes has nobody to tell.
      if (!this.isDisposed && this.#byRun.get(request.run) === training) this.#ended.fire(training);
    });
    this.#changed.fire(training);
    return training;
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
