/** One video that is segmented: what is known of it so far, for a page that comes and goes. */
import * as vscode from 'vscode';
import type { Mask, Question, Segmented } from '../../protocol/videoPanel.js';
import { segmentVideo, type Video } from '../../protocol/videoWork.js';
import { Disposable } from '../disposable.js';
import { exactBuffer } from '../exactBuffer.js';
import type { Inspector } from '../inspector.js';

/** Pieces of work are told apart by number, over all panels: they share the child. */
let lastId = 0;

export class Segmentation extends Disposable {
  readonly #stop = this._register(new vscode.CancellationTokenSource());
  readonly #masks: Mask[] = [];
  /** Settles when all frames have masks. @throws Error with one sentence, also when it is cancelled */
  readonly answer: Promise<Segmented>;

  constructor(
    readonly video: Video,
    readonly question: Question,
    embedder: Inspector,
    onMask: (mask: Mask) => void,
  ) {
    super();
    const id = ++lastId;
    this._register({ dispose: () => this.cancel() });
    const heard = embedder.onSegmentedFrame(({ id: of, index, mask, scores }) => {
      if (of !== id) return;
      const known: Mask = { index, png: exactBuffer(mask), ...(scores && { scores: [...scores] }) };
      this.#masks.push(known);
      onMask(known);
    });
    this.answer = this.#ask(id, embedder).finally(() => heard.dispose());
    // Who asks for it hears of a failure.
    this.answer.catch(() => undefined);
  }

  /** Of the frames so far, in order. */
  get masks(): readonly Mask[] {
    return this.#masks;
  }

  cancel(): void {
    this.#stop.cancel();
  }

  async #ask(id: number, embedder: Inspector): Promise<Segmented> {
    const { token } = this.#stop;
    const { numHeads, ...question } = this.question;
    const request = { id, video: this.video, ...question, ...(numHeads !== undefined && { numHeads }) };
    try {
      const { notes, ...answer } = await embedder.ask((child) => child.sendRequest(segmentVideo, request, token));
      return { ...answer, notes: [...notes] };
    } catch (error) {
      throw token.isCancellationRequested ? new Error(vscode.l10n.t('The segmentation was stopped.')) : error;
    }
  }
}
