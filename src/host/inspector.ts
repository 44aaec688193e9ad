/** A child that answers questions about images and checkpoints. It starts with the first and goes when idle. */
import * as vscode from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import {
  type EmbeddingProgress,
  embeddingProgress,
  type ThumbnailsAnswer,
  type ThumbnailsRequest,
  thumbnails,
} from '../protocol/embeddingWork.js';
import { type EvaluationProgress, evaluationProgress } from '../protocol/evaluationWork.js';
import { type SearchProgress, searchProgress } from '../protocol/imageSearchWork.js';
import { type ImportProgress, importProgress } from '../protocol/importWork.js';
import { type SegmentedFrame, segmentedFrame } from '../protocol/videoWork.js';
import {
  type AttentionRequest,
  attention,
  attentionGlance,
  type BatchImagesAnswer,
  type BatchImagesRequest,
  batchImages,
  type CropsAnswer,
  type CropsRequest,
  crops,
  type GlanceAnswer,
  type ImageAnswer,
  type ImageRequest,
  type InsightAnswer,
  image,
  type MasksAnswer,
  type MasksRequest,
  masks,
  type PatchesAnswer,
  type PatchesRequest,
  patches,
  type SurveyAnswer,
  survey,
} from '../protocol/worker.js';
import { Child } from './child.js';
import { Disposable } from './disposable.js';

/** Its networks take memory, but starting and compiling again takes seconds. */
const IDLE_MS = 5 * 60_000;

export interface InspectorOptions {
  /** What the log calls it. */
  readonly name: string;
  readonly workerFile: string;
  readonly storage: string;
  readonly output: vscode.LogOutputChannel;
  nodePath(): string;
}

export class Inspector extends Disposable {
  #starting: Promise<Child> | undefined;
  #asked = 0;
  readonly #embeddingProgress = this._register(new vscode.EventEmitter<EmbeddingProgress>());
  readonly onEmbeddingProgress = this.#embeddingProgress.event;
  readonly #evaluationProgress = this._register(new vscode.EventEmitter<EvaluationProgress>());
  readonly onEvaluationProgress = this.#evaluationProgress.event;
  readonly #importProgress = this._register(new vscode.EventEmitter<ImportProgress>());
  readonly onImportProgress = this.#importProgress.event;
  readonly #searchProgress = this._register(new vscode.EventEmitter<SearchProgress>());
  readonly onSearchProgress = this.#searchProgress.event;
  readonly #segmentedFrame = this._register(new vscode.EventEmitter<SegmentedFrame>());
  readonly onSegmentedFrame = this.#segmentedFrame.event;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: InspectorOptions) {
    super();
    this._register({ dispose: () => this.#end() });
  }

  /** @throws Error with one sentence */
  attention(request: AttentionRequest): Promise<InsightAnswer> {
    return this.#ask((child) => child.connection.sendRequest(attention, request));
  }

  /** @throws Error with one sentence */
  patches(request: PatchesRequest): Promise<PatchesAnswer> {
    return this.#ask((child) => child.connection.sendRequest(patches, request));
  }

  /** @throws Error with one sentence, also when it was cancelled */
  attentionGlance(request: AttentionRequest, token: vscode.CancellationToken): Promise<GlanceAnswer> {
    return this.#ask((child) => child.connection.sendRequest(attentionGlance, request, token));
  }

  /** @throws Error with one sentence */
  survey(data: string): Promise<SurveyAnswer> {
    return this.#ask((child) => child.connection.sendRequest(survey, { data }));
  }

  /** @throws Error with one sentence */
  image(request: ImageRequest): Promise<ImageAnswer> {
    return this.#ask((child) => child.connection.sendRequest(image, request));
  }

  /** @throws Error with one sentence */
  crops(request: CropsRequest): Promise<CropsAnswer> {
    return this.#ask((child) => child.connection.sendRequest(crops, request));
  }

  /** @throws Error with one sentence */
  thumbnails(request: ThumbnailsRequest): Promise<ThumbnailsAnswer> {
    return this.#ask((child) => child.connection.sendRequest(thumbnails, request));
  }

  /** @throws Error with one sentence */
  masks(request: MasksRequest): Promise<MasksAnswer> {
    return this.#ask((child) => child.connection.sendRequest(masks, request));
  }

  /** @throws Error with one sentence */
  batchImages(request: BatchImagesRequest): Promise<BatchImagesAnswer> {
    return this.#ask((child) => child.connection.sendRequest(batchImages, request));
  }

  /**
   * Asks whatever the child answers.
   * @throws Error with one sentence
   */
  ask<T>(question: (connection: MessageConnection) => Promise<T>): Promise<T> {
    return this.#ask((child) => question(child.connection));
  }

  /** Tells the child something, if there is one. */
  async tell(say: (connection: MessageConnection) => Promise<void>): Promise<void> {
    const child = await this.#starting;
    if (child !== undefined && !child.hasExited) await say(child.connection);
  }

  /** The child's process, while there is one. */
  async pid(): Promise<number | undefined> {
    return (await this.#starting)?.pid;
  }

  async #ask<T>(question: (child: Child) => Promise<T>): Promise<T> {
    clearTimeout(this.#idleTimer);
    this.#asked++;
    try {
      const child = await this.#child();
      const crash = child.exited.then(({ how, stderr }) => {
        const words = stderr.at(-1);
        throw new Error(
          vscode.l10n.t(
            'The process that looks into checkpoints ended unexpectedly ({0}{1}).',
            how,
            words ? `: ${words}` : '',
          ),
        );
      });
      return await Promise.race([
        // When the process dies, how it died is the better answer.
        question(child).catch((error: unknown) => (child.hasExited ? crash : Promise.reject(error))),
        crash,
      ]);
    } finally {
      this.#asked--;
      if (this.#asked === 0) this.#idleTimer = setTimeout(() => this.#end(), IDLE_MS).unref();
    }
  }

  #child(): Promise<Child> {
    if (this.isDisposed) return Promise.reject(new Error(vscode.l10n.t('DINO Lab is ending.')));
    // A panel that VS Code restores asks without a person's doing.
    if (!vscode.workspace.isTrusted)
      return Promise.reject(
        new Error(vscode.l10n.t('Nothing is computed in an untrusted workspace: trust the workspace to look inside.')),
      );
    if (this.#starting !== undefined) return this.#starting;
    const { workerFile: file, storage, output, name, nodePath } = this.options;
    const starting = Child.start({ file, storage, output, name, nodePath: nodePath() });
    this.#starting = starting;
    const forget = () => {
      if (this.#starting === starting) this.#starting = undefined;
    };
    starting.then((child) => {
      child.connection.onNotification(embeddingProgress, (progress) => this.#embeddingProgress.fire(progress));
      child.connection.onNotification(evaluationProgress, (progress) => this.#evaluationProgress.fire(progress));
      child.connection.onNotification(importProgress, (progress) => this.#importProgress.fire(progress));
      child.connection.onNotification(segmentedFrame, (frame) => this.#segmentedFrame.fire(frame));
      child.connection.onNotification(searchProgress, (progress) => this.#searchProgress.fire(progress));
      void child.exited.then(forget);
    }, forget);
    return starting;
  }

  #end(): void {
    clearTimeout(this.#idleTimer);
    const starting = this.#starting;
    this.#starting = undefined;
    starting?.then(
      (child) => child.dispose(),
      () => undefined,
    );
  }
}
