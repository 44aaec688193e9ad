/** One run that this window trains, from the request to its end; it may wait for others first. */
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import { errorMessage } from '../errors/errorMessage.js';
import { progress, stop, type TrainProgress, type TrainRequest, train } from '../protocol/worker.js';
import { Child, type ChildOptions } from './child.js';
import { Disposable } from './disposable.js';

/** How long a child may take beyond the step that it finishes, to save on a busy machine too. */
const STOP_GRACE_MS = 30_000;
/** How long while it compiles or computes its teacher, whose calls cannot be interrupted: nothing is lost but time, and the run ends with the right status. */
const COMPILE_GRACE_MS = 120_000;

export type TrainingState = 'queued' | 'preparing' | 'training' | 'stopping' | 'ended';

export type TrainingEnd =
  | { readonly kind: 'finished' | 'stopped'; readonly step: number }
  /** The run itself says why. `stderr`: the last lines of a process that crashed. */
  | { readonly kind: 'failed'; readonly message: string; readonly stderr: readonly string[] };

export class Training extends Disposable {
  readonly #changed = this._register(new vscode.EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  /** Settled when the run has ended; never rejects. */
  readonly ended: Promise<TrainingEnd>;

  #state: TrainingState;
  readonly #begun: Promise<unknown>;
  #begin: () => void = () => undefined;
  #progress: TrainProgress | undefined;
  #end: TrainingEnd | undefined;
  #child: Child | undefined;
  #stepEndedAt = 0;
  #stepMs = 0;

  /** @param after what it waits for, which must not reject; absent: it begins at once */
  constructor(
    readonly request: TrainRequest,
    private readonly options: ChildOptions,
    after?: Promise<unknown>,
  ) {
    super();
    this.#state = after === undefined ? 'preparing' : 'queued';
    const now = new Promise<void>((resolve) => {
      this.#begin = resolve;
    });
    this.#begun = after === undefined ? Promise.resolve() : Promise.race([after, now]);
    this.ended = this.#train();
  }

  get state(): TrainingState {
    return this.#state;
  }

  /** The newest that the child said. */
  get progress(): TrainProgress | undefined {
    return this.#progress;
  }

  get end(): TrainingEnd | undefined {
    return this.#end;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Waits no longer. */
  begin(): void {
    this.#begin();
  }

  /** Finish the step, save, end; a child that does not is ended by force. One that waits ends at once. */
  async stop(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#setState('stopping');
    this.#begin();
    const child = this.#child;
    if (child === undefined) return; // It is stopped as soon as it has come up.
    // Its answer says only that it was heard; a child that is dying has none to give.
    child.connection.sendRequest(stop).catch(() => undefined);
    // Twice the last step: the one under way, and one that is slower.
    const isLong = this.#progress?.phase === 'compiling' || this.#progress?.phase === 'computing teacher';
    const patience = isLong ? COMPILE_GRACE_MS : STOP_GRACE_MS + 2 * this.#stepMs;
    const isOver = await Promise.race([this.ended.then(() => true), delay(patience, false, { ref: false })]);
    if (isOver) return;
    this.options.output.warn(`${this.options.name}: no end within ${Math.round(patience / 1000)} s of being stopped`);
    await child.kill();
  }

  async #train(): Promise<TrainingEnd> {
    let end: TrainingEnd;
    try {
      await this.#begun;
      if (this.isDisposed || this.#state === 'stopping') return this.#finish({ kind: 'stopped', step: 0 });
      if (this.#state === 'queued') this.#setState('preparing');
      const child = this._register(await Child.start(this.options));
      this.#child = child;
      end = await this.#trainIn(child);
    } catch (error) {
      end = { kind: 'failed', message: errorMessage(error), stderr: [] };
    }
    return this.#finish(end);
  }

  #finish(end: TrainingEnd): TrainingEnd {
    this.#end = end;
    this.#setState('ended');
    this.#child?.dispose();
    return end;
  }

  async #trainIn(child: Child): Promise<TrainingEnd> {
    if (this.isDisposed || this.#state === 'stopping') return { kind: 'stopped', step: 0 };
    this._register(child.connection.onNotification(progress, (value) => this.#onProgress(value)));
    const crash = child.exited.then(({ kind, how, stderr }): TrainingEnd => {
      const step = this.#progress?.step ?? 0;
      if (kind === 'disposed') return { kind: 'stopped', step };
      return {
        kind: 'failed',
        message: vscode.l10n.t(
          'The training process ended unexpectedly after step {0} ({1}): resume the run to continue from its last checkpoint.',
          step,
          how,
        ),
        stderr,
      };
    });
    const answer = child.connection
      .sendRequest(train, this.request)
      .then(
        (value): TrainingEnd =>
          value.reason === 'failed'
            ? { kind: 'failed', message: value.message, stderr: [] }
            : { kind: value.reason === 'finished' ? 'finished' : 'stopped', step: value.step },
      );
    // When the process dies the connection rejects its requests, and how it died is the better answer.
    return Promise.race([crash, answer.catch((error: unknown) => (child.hasExited ? crash : Promise.reject(error)))]);
  }

  override dispose(): void {
    super.dispose();
    this.#begin();
  }

  #onProgress(value: TrainProgress): void {
    const now = performance.now();
    const steps = value.step - (this.#progress?.step ?? 0);
    if (value.phase === 'training' && steps > 0) {
      if (this.#stepEndedAt > 0) this.#stepMs = (now - this.#stepEndedAt) / steps;
      this.#stepEndedAt = now;
    }
    this.#progress = value;
    if (value.phase === 'training' && this.#state === 'preparing') this.#setState('training');
    else this.#changed.fire();
  }

  #setState(state: TrainingState): void {
    this.#state = state;
    this.#changed.fire();
  }
}
