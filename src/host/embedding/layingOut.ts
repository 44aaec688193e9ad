/** The work behind a plot: features, then a layout, by one checkpoint after the other; it can be held and cancelled. */
import * as vscode from 'vscode';
import { errorMessage } from '../../errors/errorMessage.js';
import type { Choice, Progress } from '../../protocol/embeddingPanel.js';
import * as work from '../../protocol/embeddingWork.js';
import { Disposable } from '../disposable.js';
import type { Inspector } from '../inspector.js';
import { nextId, Plot, referenceOf } from './plot.js';

export interface LayingOutParts {
  readonly embedder: Inspector;
  /** Whether a checkpoint is (still) one of those that are offered. */
  readonly isOffered: (checkpoint: string) => boolean;
  /** The images' folder or file. @throws Error with one sentence when it is not known any more */
  readonly data: () => string;
  /** Only then are frames made. */
  readonly isVisible: () => boolean;
  readonly onPlot: () => void;
  readonly onLayout: (checkpoint: string, layout: Float32Array, isDone: boolean) => void;
  readonly onProgress: (progress: Progress) => void;
  readonly onFailure: (message: string) => void;
}

const SEED = 0;

export class LayingOut extends Disposable {
  #plot: Plot | undefined;
  #begun: Choice | undefined;
  #working: { readonly id: number; readonly cancel: vscode.CancellationTokenSource } | undefined;
  #progress: Progress = { phase: 'idle' };
  /** By the person's wish; a hidden page holds the work too. */
  #isHeld = false;

  constructor(private readonly parts: LayingOutParts) {
    super();
    this._register(parts.embedder.onEmbeddingProgress((value) => this.#hear(value)));
    this._register({ dispose: () => this.cancel() });
  }

  get plot(): Plot | undefined {
    return this.#plot;
  }

  /** What was chosen when the plot was begun. */
  get begun(): Choice | undefined {
    return this.#begun;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** In the place of the plot there is; nothing is laid out before `visit`. */
  begin(choice: Choice): void {
    this.cancel();
    this.#begun = choice;
    this.#plot = undefined;
    this.#isHeld = false;
  }

  /** Lays the same images out by each of these checkpoints that is not there yet, from where the one before left them. */
  async visit(checkpoints: readonly string[]): Promise<void> {
    const choice = this.#begun;
    if (choice === undefined) return;
    this.cancel();
    const working = { id: nextId(), cancel: new vscode.CancellationTokenSource() };
    this.#working = working;
    try {
      for (const checkpoint of checkpoints) {
        if (!this.parts.isOffered(checkpoint))
          throw new Error(vscode.l10n.t('This checkpoint no longer exists: choose another one.'));
        await this.#layOut(choice, checkpoint, working.id, working.cancel.token);
        if (this.#working !== working) return;
      }
      this.#say({ phase: 'idle' });
    } catch (error) {
      if (this.#working !== working || working.cancel.token.isCancellationRequested) return;
      this.fail(errorMessage(error));
    } finally {
      if (this.#working === working) this.#working = undefined;
      working.cancel.dispose();
    }
  }

  fail(message: string): void {
    this.parts.onFailure(message);
    this.#say({ phase: 'failed', message });
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.applyHold();
  }

  /** To be called when the page is shown or hidden: nobody looks at points that move behind another tab. */
  applyHold(): void {
    if (this.#working === undefined) return;
    const { id } = this.#working;
    const isHeld = this.#isHeld || !this.parts.isVisible();
    void this.parts.embedder.tell((child) => child.sendNotification(work.holdProjection, { id, isHeld }));
    if (this.#progress.phase === 'idle' || this.#progress.phase === 'failed') return;
    this.#progress = { ...this.#progress, isHeld: this.#isHeld };
    this.parts.onProgress(this.#progress);
  }

  cancel(): void {
    const working = this.#working;
    this.#working = undefined;
    working?.cancel.cancel();
    if (working !== undefined && !this.isDisposed) this.#say({ phase: 'idle' });
  }

  async #layOut(choice: Choice, checkpoint: string, id: number, token: vscode.CancellationToken): Promise<void> {
    if (this.#plot?.layouts.has(checkpoint)) return;
    const { embedder } = this.parts;
    const data = this.parts.data();
    this.#say({ phase: 'features', checkpoint, done: 0, total: 0, isHeld: false });
    const asked = referenceOf(choice, data, checkpoint);
    const images = await embedder.ask((child) => child.sendRequest(work.embed, { id, of: asked }, token));
    if (token.isCancellationRequested) return;
    if (this.#plot === undefined) {
      this.#plot = new Plot(choice, data, images, embedder);
      this.parts.onPlot();
    } else if (images.stamp !== this.#plot.embedding.stamp) {
      throw new Error(vscode.l10n.t('The images in {0} have changed since the plot was begun: start it again.', data));
    }
    const plot = this.#plot;
    const from = [...plot.layouts.values()].at(-1);
    const of = { ...asked, stamp: images.stamp };
    const request = { id, of, method: choice.method, seed: SEED, ...(from !== undefined && { from }) };
    const { layout } = await embedder.ask((child) => child.sendRequest(work.project, request, token));
    if (token.isCancellationRequested || this.#plot !== plot) return;
    plot.layouts.set(checkpoint, layout);
    this.parts.onLayout(checkpoint, layout, true);
  }

  #hear(value: work.EmbeddingProgress): void {
    if (value.id !== this.#working?.id || this.#progress.phase === 'idle' || this.#progress.phase === 'failed') return;
    const { checkpoint } = this.#progress;
    const { phase, done, total } = value;
    this.#progress = { phase, checkpoint, done, total, isHeld: this.#isHeld };
    if (!this.parts.isVisible()) return;
    this.parts.onProgress(this.#progress);
    if (value.phase === 'projecting') this.parts.onLayout(checkpoint, value.layout, false);
  }

  #say(progress: Progress): void {
    this.#progress = progress;
    this.parts.onProgress(progress);
    if (progress.phase === 'features') this.applyHold();
  }
}
