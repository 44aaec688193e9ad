/** A panel's side of the search for images: one question at a time, what its answer was of, and whether that has changed on disk. */
import * as vscode from 'vscode';
import { isImageName } from '../../files/imageEndings.js';
import * as work from '../../protocol/imageSearchWork.js';
import type { ShownImages, ShownImagesQuestion, WorkProgress } from '../../protocol/shownImages.js';
import { Disposable } from '../disposable.js';
import { exactBuffer } from '../exactBuffer.js';
import type { Inspector } from '../inspector.js';

/** Copying many files into a folder is one change. */
const CHANGE_RESTS_MS = 500;

/** Pieces of work are told apart by number, over all panels: they share the child. */
let lastId = 0;

interface Answered {
  readonly data: string;
  readonly stamp: string;
  readonly folder: string | undefined;
  /** In the data set, of what the page was told. */
  readonly indices: readonly number[];
}

export class ImageSearch extends Disposable {
  #asking: vscode.CancellationTokenSource | undefined;
  #answered: Answered | undefined;
  #watched: { readonly folder: string; readonly watcher: vscode.Disposable } | undefined;
  #isStale = true;
  readonly #changed = this._register(new vscode.EventEmitter<readonly string[]>());
  /** Images were added to the folder that was searched, removed, or written again: their files. */
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly embedder: Inspector,
    private readonly onProgress: (progress: WorkProgress) => void,
  ) {
    super();
    this._register({
      dispose: () => {
        this.cancel();
        this.#watched?.watcher.dispose();
      },
    });
  }

  /** @throws Error with one sentence, also when it is cancelled or another question takes its place */
  similar(of: work.SearchedReference, query: work.QueryImage, k: number): Promise<work.SimilarAnswer> {
    return this.#ask(
      of,
      (child, asked, token) => child.sendRequest(work.findSimilar, { ...asked, query, k }, token),
      ({ found }) => found.map(({ index }) => index),
    );
  }

  /** @throws as `similar` */
  copies(of: work.SearchedReference, least: number): Promise<work.CopiesAnswer> {
    return this.#ask(
      of,
      (child, asked, token) => child.sendRequest(work.findCopies, { ...asked, least }, token),
      ({ linked }) => linked.map(({ index }) => index),
    );
  }

  cancel(): void {
    this.#asking?.cancel();
  }

  /** The images that the last answer was of. */
  get data(): string | undefined {
    return this.#answered?.data;
  }

  /** The file of an image of the last answer; undefined in an IDX file. */
  fileOf(name: string): vscode.Uri | undefined {
    const folder = this.#answered?.folder;
    return folder === undefined ? undefined : vscode.Uri.joinPath(vscode.Uri.file(folder), name);
  }

  /** Index in the data set of an image of the last answer. @throws Error when there is no such */
  #indexOf(place: number): number {
    const index = this.#answered?.indices[place];
    if (index === undefined) throw new Error(vscode.l10n.t('This image is no longer among those that were found.'));
    return index;
  }

  /** @throws Error with one sentence */
  async images({ images: places, side }: ShownImagesQuestion): Promise<ShownImages> {
    const answered = this.#answered;
    if (answered === undefined) throw new Error(vscode.l10n.t('Nothing is found yet.'));
    const { data, stamp } = answered;
    const request = { data, stamp, images: places.map((place) => this.#indexOf(place)), side };
    const { images } = await this.embedder.ask((child) => child.sendRequest(work.searchedImages, request));
    return {
      images: images.map((image) =>
        typeof image === 'string' ? image : { ...image, pixels: exactBuffer(image.pixels) },
      ),
    };
  }

  async #ask<Answer extends work.SimilarAnswer | work.CopiesAnswer>(
    of: work.SearchedReference,
    send: (
      child: Parameters<Parameters<Inspector['ask']>[0]>[0],
      asked: { readonly id: number; readonly of: work.SearchedReference; readonly isStale: boolean },
      token: vscode.CancellationToken,
    ) => Promise<Answer>,
    indicesOf: (answer: Answer) => number[],
  ): Promise<Answer> {
    this.cancel();
    const asking = new vscode.CancellationTokenSource();
    this.#asking = asking;
    const id = ++lastId;
    const heard = this.embedder.onSearchProgress(({ id: of, ...progress }) => {
      if (of === id) this.onProgress(progress);
    });
    try {
      if (this.#watch(of.data)) this.#isStale = true;
      const isStale = this.#isStale;
      this.#isStale = false;
      const answer = await this.embedder
        .ask((child) => send(child, { id, of, isStale }, asking.token))
        .catch((error: unknown) => {
          this.#isStale = true;
          throw asking.token.isCancellationRequested ? new Error(vscode.l10n.t('The search was stopped.')) : error;
        });
      if (this.#asking === asking)
        this.#answered = { data: of.data, stamp: answer.stamp, folder: answer.folder, indices: indicesOf(answer) };
      return answer;
    } finally {
      heard.dispose();
      asking.dispose();
      if (this.#asking === asking) this.#asking = undefined;
    }
  }

  /** @returns whether it is another folder than before */
  #watch(folder: string): boolean {
    if (this.#watched?.folder === folder) return false;
    this.#watched?.watcher.dispose();
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(vscode.Uri.file(folder), '**/*'),
    );
    let timer: NodeJS.Timeout | undefined;
    let files: string[] = [];
    const changed = ({ fsPath }: vscode.Uri): void => {
      if (!isImageName(fsPath)) return;
      this.#isStale = true;
      files.push(fsPath);
      clearTimeout(timer);
      timer = setTimeout(() => {
        const changedFiles = files;
        files = [];
        this.#changed.fire(changedFiles);
      }, CHANGE_RESTS_MS);
    };
    watcher.onDidCreate(changed);
    watcher.onDidChange(changed);
    watcher.onDidDelete(changed);
    const stop = { dispose: () => clearTimeout(timer) };
    this.#watched = { folder, watcher: vscode.Disposable.from(watcher, stop) };
    return true;
  }
}
