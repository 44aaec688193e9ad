/** The checkpoints that a panel offers: what its page was last told of them, and when to tell it anew. */
import * as l10n from '@vscode/l10n';
import type { Source } from '../protocol/attentionPanel.js';
import { type CheckpointSourceParts, type CheckpointSources, checkpointSources } from './checkpointSources.js';
import { Disposable } from './disposable.js';

export interface OfferingPanel {
  readonly isVisible: () => boolean;
  /** Tells the page what `take` returns. */
  readonly tell: () => void;
}

export class CheckpointOffer extends Disposable {
  /** As JSON, to be compared. */
  #told = '';
  #sources: readonly Source[] = [];
  #ids: ReadonlySet<string> = new Set();

  constructor(
    private readonly parts: CheckpointSourceParts,
    private readonly panel: OfferingPanel,
  ) {
    super();
    // A question may come before the page has been told anything.
    this.take();
    const { choice, runsView, imports, runs } = parts;
    this._register(choice.onDidChange(() => panel.tell()));
    this._register(runsView.onDidSelect(() => this.tellIfOthers()));
    this._register(imports.onDidChange(() => this.tellIfOthers()));
    this._register(runs.onDidChange(() => this.tellIfOthers()));
  }

  /** What there is now, which the page is told next. */
  take(): CheckpointSources {
    const offer = checkpointSources(this.parts);
    this.#told = JSON.stringify(offer);
    this.#sources = offer.sources;
    this.#ids = new Set(offer.sources.flatMap(({ checkpoints }) => checkpoints.map(({ id }) => id)));
    return offer;
  }

  /** Only when something has changed: runs tell of every step. A hidden page asks for everything when it is back. */
  tellIfOthers(): void {
    if (this.panel.isVisible() && JSON.stringify(checkpointSources(this.parts)) !== this.#told) this.panel.tell();
  }

  /** What was last taken. */
  get sources(): readonly Source[] {
    return this.#sources;
  }

  has(checkpoint: string): boolean {
    return this.#ids.has(checkpoint);
  }

  /** @throws Error with one sentence, of a checkpoint that is not offered */
  require(checkpoint: string): void {
    if (!this.has(checkpoint)) throw new Error(l10n.t('This checkpoint no longer exists: choose another one.'));
  }
}
