/** A panel of a video whose first mask is carried on through all frames. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { errorMessage } from '../../errors/errorMessage.js';
import { type ShownImages, type ShownImagesQuestion, shownImagesQuestionSchema } from '../../protocol/shownImages.js';
import * as protocol from '../../protocol/videoPanel.js';
import { frameImages, type Video, videosIn } from '../../protocol/videoWork.js';
import { CheckpointOffer } from '../checkpointOffer.js';
import type { CheckpointSourceParts } from '../checkpointSources.js';
import { exactBuffer } from '../exactBuffer.js';
import type { Inspector } from '../inspector.js';
import { type PanelPlace, WebviewPanel } from '../webviewPanel.js';
import { saveMasks } from './saveMasks.js';
import { Segmentation } from './segmentation.js';

export interface VideoPanelParts extends CheckpointSourceParts {
  readonly extensionUri: vscode.Uri;
  /** A child of its own for work on many images. */
  readonly embedder: Inspector;
  /** Shows frames, which must not wait for masks. */
  readonly inspector: Inspector;
}

export interface OpenedVideo extends protocol.VideoSubject {
  /** A checkpoint to segment with first; absent: the usual one. */
  readonly checkpoint?: string | undefined;
}

export class VideoPanel extends WebviewPanel {
  readonly #offer: CheckpointOffer;
  #shown: protocol.VideoSubject;
  /** Until a person chooses another one. */
  #wanted: string | undefined;
  #video: Promise<Video> | undefined;
  #segmentation: Segmentation | undefined;
  /** Whether it was stopped, or failed: asked again, it begins anew. Until then its masks stay, to be saved. */
  #hasEnded = false;

  constructor(
    { folder, mask, checkpoint }: OpenedVideo,
    private readonly parts: VideoPanelParts,
    place: PanelPlace,
  ) {
    super({ extensionUri: parts.extensionUri, page: 'video', title: path.basename(folder), ...place });
    this.#shown = { folder, ...(mask !== undefined && { mask }) };
    this.#wanted = checkpoint;
    this._register({ dispose: () => this.#segmentation?.dispose() });
    this.onSignal(protocol.pageReady, () => this.#look());
    this.onRequest(protocol.segment, protocol.questionSchema, (question) => this.segment(question));
    this.onSignal(protocol.cancel, () => this.#segmentation?.cancel());
    this.onRequest(protocol.askFrames, shownImagesQuestionSchema, (question) => this.frames(question));
    this.onSignal(protocol.chooseMask, () => void this.chooseMask());
    this.onSignal(protocol.train, () => void vscode.commands.executeCommand('dino.startTraining'));
    this.onRequest(protocol.saveMasks, protocol.nothingSchema, () => this.save());
    // Before the offer hears of it, and tells the page.
    this._register(
      parts.choice.onDidChange(() => {
        this.#wanted = undefined;
      }),
    );
    this.#offer = this._register(
      new CheckpointOffer(parts, { isVisible: () => this.isVisible, tell: () => void this.#tellSubject() }),
    );
  }

  get shown(): protocol.VideoSubject {
    return this.#shown;
  }

  segmentBy(checkpoint: string): void {
    this.#wanted = checkpoint;
    void this.#tellSubject();
  }

  /** Masks of the frames so far. */
  get masks(): readonly protocol.Mask[] {
    return this.#segmentation?.masks ?? [];
  }

  /** @throws Error with one sentence */
  async segment(question: protocol.Question): Promise<protocol.Segmented> {
    this.#offer.require(question.checkpoint);
    const video = await this.#opened();
    const before = this.#segmentation;
    const isSame = JSON.stringify([before?.video, before?.question]) === JSON.stringify([video, question]);
    if (before !== undefined && isSame && !this.#hasEnded) {
      for (const mask of before.masks) this.tell(protocol.mask, mask);
      return before.answer;
    }
    before?.dispose();
    const current = new Segmentation(video, question, this.parts.embedder, (mask) => this.tell(protocol.mask, mask));
    this.#segmentation = current;
    this.#hasEnded = false;
    try {
      return await current.answer;
    } catch (error) {
      if (this.#segmentation === current) this.#hasEnded = true;
      throw error;
    }
  }

  /** @throws Error with one sentence */
  async frames({ images: places, side }: ShownImagesQuestion): Promise<ShownImages> {
    const { frames } = await this.#opened();
    const paths = places.flatMap((place) => frames[place] ?? []);
    const { images } = await this.parts.inspector.ask((child) => child.sendRequest(frameImages, { paths, side }));
    return {
      images: images.map((image) =>
        typeof image === 'string' ? image : { ...image, pixels: exactBuffer(image.pixels) },
      ),
    };
  }

  async chooseMask(): Promise<void> {
    const [chosen] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Mask of the first frame: a PNG of labels'),
        defaultUri: vscode.Uri.file(this.#shown.folder),
        filters: { [vscode.l10n.t('Masks')]: ['png'] },
        openLabel: vscode.l10n.t('Follow These Objects'),
      })) ?? [];
    if (chosen === undefined) return;
    this.#shown = { ...this.#shown, mask: chosen.fsPath };
    this.#look();
  }

  /** @throws Error with one sentence */
  async save(): Promise<{ folder?: string; count: number }> {
    const masks = this.masks;
    if (masks.length === 0) throw new Error(vscode.l10n.t('There are no masks yet.'));
    const folder = await saveMasks(await this.#opened(), masks);
    return { ...(folder !== undefined && { folder }), count: masks.length };
  }

  /** Anew: files may have changed. */
  #look(): void {
    this.#video = undefined;
    void this.#tellSubject();
  }

  #opened(): Promise<Video> {
    const { folder: path, mask } = this.#shown;
    this.#video ??= this.parts.inspector
      .ask((child) => child.sendRequest(videosIn, { path, ...(mask !== undefined && { mask }) }))
      .then(({ videos: [video] }) => {
        if (video === undefined) throw new Error(vscode.l10n.t('There are no frames in {0}.', path));
        return video;
      });
    return this.#video;
  }

  async #tellSubject(): Promise<void> {
    const opened = await this.#opened().catch((error: unknown) => errorMessage(error));
    const { sources, chosen: offered } = this.#offer.take();
    const chosen = this.#wanted ?? offered;
    const { frames, annotations } =
      typeof opened === 'string' ? { frames: [] as string[], annotations: [] as string[] } : opened;
    this.tell(protocol.subject, {
      shown: this.#shown,
      title: path.basename(this.#shown.folder),
      frames: frames.map((frame) => path.basename(frame)),
      hasMask: annotations.length > 0,
      ...(typeof opened === 'string' && { problem: opened }),
      networks: [...sources],
      ...(chosen !== undefined && { chosen }),
    });
  }
}
