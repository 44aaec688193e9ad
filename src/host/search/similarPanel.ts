/** A panel of the images that are like another one. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Answer, Shown } from '../../protocol/attentionPanel.js';
import type { SimilarAnswer } from '../../protocol/imageSearchWork.js';
import { shownImagesQuestionSchema } from '../../protocol/shownImages.js';
import * as protocol from '../../protocol/similarPanel.js';
import type { AttentionPanels } from '../attentionPanels.js';
import { CheckpointOffer } from '../checkpointOffer.js';
import type { CheckpointSourceParts } from '../checkpointSources.js';
import { exactBuffer } from '../exactBuffer.js';
import type { Inspector } from '../inspector.js';
import { showError } from '../messages.js';
import { pageAnswer } from '../pageAnswer.js';
import { type PanelPlace, WebviewPanel } from '../webviewPanel.js';
import { ImageSearch } from './imageSearch.js';
import { isBelow, searchFolders } from './searchFolders.js';
import { unreadableNotes } from './unreadableNotes.js';

export interface SimilarPanelParts extends CheckpointSourceParts {
  readonly extensionUri: vscode.Uri;
  /** For attention, which must not wait for a folder. */
  readonly inspector: Inspector;
  /** A child of its own for work on many images. */
  readonly embedder: Inspector;
  readonly attention: AttentionPanels;
  readonly output: vscode.LogOutputChannel;
  /** Shows the copies of an image. */
  showCopies(file: string, folder: string): void;
}

export interface SimilarSubject {
  readonly query: Shown;
  /** Absent: the likeliest one. */
  readonly folder?: string | undefined;
  /** A checkpoint to look with first; absent: the usual one. */
  readonly checkpoint?: string | undefined;
}

/** What a grid shows without end. */
const MOST_FOUND = 60;
const SHOWN_SIDE = 768;

const titleOf = ({ name, region }: Shown): string =>
  region ? vscode.l10n.t('Like a part of {0}', name) : vscode.l10n.t('Like {0}', name);

export class SimilarPanel extends WebviewPanel {
  readonly #search: ImageSearch;
  readonly #offer: CheckpointOffer;
  readonly #before: Shown[] = [];
  readonly #chosenFolders: string[] = [];
  #query: Shown;
  #folder: string;
  #version = 0;
  /** Until a person chooses another one. */
  #wanted: string | undefined;
  #found: SimilarAnswer | undefined;

  constructor(
    { query, folder, checkpoint }: SimilarSubject,
    private readonly parts: SimilarPanelParts,
    place: PanelPlace,
  ) {
    super({ extensionUri: parts.extensionUri, page: 'similar', title: titleOf(query), ...place });
    this.#query = query;
    if (folder !== undefined) this.#chosenFolders.push(folder);
    this.#folder = folder ?? searchFolders(query, parts.runs)[0]?.path ?? path.dirname(query.image.path);
    this.#wanted = checkpoint;
    const { embedder, choice } = parts;
    this.#search = this._register(new ImageSearch(embedder, (progress) => this.tell(protocol.progress, progress)));
    this._register(
      this.#search.onDidChange(() => {
        this.#version++;
        this.#tellSubject();
      }),
    );
    this.onSignal(protocol.pageReady, () => this.#tellSubject());
    this.onRequest(protocol.ask, protocol.questionSchema, (question) => this.find(question));
    this.onSignal(protocol.cancel, () => this.#search.cancel());
    this.onSignal(protocol.train, () => void vscode.commands.executeCommand('dino.startTraining'));
    this.onRequest(protocol.askQuery, protocol.nothingSchema, () => this.#queryImage());
    this.onRequest(protocol.askImages, shownImagesQuestionSchema, (question) => this.#search.images(question));
    this.onRequest(protocol.askAttention, protocol.attentionQuestionSchema, (question) => this.#attention(question));
    this.onMessage(protocol.crop, protocol.cropSchema, (region) => this.crop(region));
    this.onMessage(protocol.moreLike, protocol.placeSchema, (image) => this.moreLike(image));
    this.onSignal(protocol.back, () => this.back());
    this.onMessage(protocol.open, protocol.openSchema, ({ image, how }) => void this.#open(image, how));
    this.onMessage(protocol.searchIn, protocol.folderSchema, (chosen) => this.searchIn(chosen));
    this.onSignal(protocol.chooseFolder, () => void this.#chooseFolder());
    // Before the offer hears of it, and tells the page.
    this._register(
      choice.onDidChange(() => {
        this.#wanted = undefined;
      }),
    );
    this.#offer = this._register(
      new CheckpointOffer(parts, { isVisible: () => this.isVisible, tell: () => this.#tellSubject() }),
    );
  }

  get query(): Shown {
    return this.#query;
  }

  get folder(): string {
    return this.#folder;
  }

  /** @throws Error with one sentence */
  async find({ checkpoint, numHeads }: protocol.Question): Promise<protocol.Found> {
    this.#offer.require(checkpoint);
    const { image, region } = this.#query;
    const of = { data: this.#folder, checkpoint, ...(numHeads !== undefined && { numHeads }) };
    const answer = await this.#search.similar(of, { image, ...(region && { region }) }, MOST_FOUND);
    this.#found = answer;
    const { found, images, computed, notes, unreadable, checkpointName, isApproximate, folder } = answer;
    return {
      found: found.map(({ name, distance }) => ({ name, distance })),
      ...{ images, computed, checkpointName, isApproximate },
      areFiles: folder !== undefined,
      notes: [...notes, ...unreadableNotes(unreadable)],
    };
  }

  crop(region: NonNullable<Shown['region']> | null): void {
    const { region: _, ...whole } = this.#query;
    this.#goTo(region === null ? whole : { ...whole, region }, false);
  }

  moreLike(place: number): void {
    const shown = this.#shownAt(place);
    if (shown !== undefined) this.#goTo(shown, true);
  }

  back(): void {
    const before = this.#before.pop();
    if (before !== undefined) this.#goTo(before, false);
  }

  /** A folder that was offered. */
  searchIn(folder: string): void {
    if (searchFolders(this.#query, this.parts.runs, this.#chosenFolders).every(({ path: one }) => one !== folder))
      return;
    this.#folder = folder;
    this.#tellSubject();
  }

  #goTo(query: Shown, isKept: boolean): void {
    if (isKept) this.#before.push(this.#query);
    this.#query = query;
    this.panel.title = titleOf(query);
    this.#tellSubject();
  }

  #tellSubject(): void {
    const offer = this.#offer.take();
    const chosen = this.#wanted ?? offer.chosen;
    this.tell(protocol.subject, {
      query: this.#query,
      folder: this.#folder,
      folders: searchFolders(this.#query, this.parts.runs, this.#chosenFolders),
      networks: [...offer.sources],
      ...(chosen !== undefined && { chosen }),
      canGoBack: this.#before.length > 0,
      version: this.#version,
    });
  }

  async #queryImage(): Promise<protocol.QueryImage> {
    const { image } = this.#query;
    const { width, height, shown } = await this.parts.inspector.image({ image, channels: 3 });
    return { width, height, shown: { ...shown, pixels: exactBuffer(shown.pixels) } };
  }

  async #attention({ checkpoint, numHeads, image: place }: protocol.AttentionQuestion): Promise<Answer> {
    this.#offer.require(checkpoint);
    const shown = place === undefined ? this.#query : this.#shownAt(place);
    if (shown === undefined) throw new Error(vscode.l10n.t('This image is no longer among those that were found.'));
    const answer = await this.parts.inspector.attention({
      ...{ checkpoint, image: shown.image, resolution: 'fine', shownSide: SHOWN_SIDE },
      ...(shown.region !== undefined && { region: shown.region }),
      ...(numHeads !== undefined && { numHeads }),
    });
    return pageAnswer(answer);
  }

  /** Where what the page shows was found: the folder may have changed since, while another search is under way. */
  get #searched(): string {
    return this.#search.data ?? this.#folder;
  }

  /** What an attention panel calls an image that was found. */
  #shownAt(place: number): Shown | undefined {
    const found = this.#found?.found[place];
    if (found === undefined) return undefined;
    const file = this.#search.fileOf(found.name);
    return file === undefined
      ? { image: { kind: 'dataset', path: this.#searched, index: found.index }, name: found.name }
      : { image: { kind: 'file', path: file.fsPath }, name: path.basename(file.fsPath) };
  }

  async #open(place: number, how: 'file' | 'attention' | 'copies'): Promise<void> {
    const shown = this.#shownAt(place);
    if (shown === undefined) return;
    const { image, name } = shown;
    if (image.kind === 'file' && !existsSync(image.path))
      void showError(vscode.l10n.t('{0} is no longer in {1}.', name, this.#searched));
    else if (how === 'attention') this.parts.attention.showToSide(shown);
    else if (image.kind === 'file' && how === 'copies')
      this.parts.showCopies(
        image.path,
        isBelow(image.path, this.#searched) ? this.#searched : path.dirname(image.path),
      );
    else if (image.kind === 'file') {
      const options = { viewColumn: vscode.ViewColumn.Beside, preview: true };
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(image.path), options);
    }
  }

  async #chooseFolder(): Promise<void> {
    const [folder] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Folder to search for similar images'),
        canSelectFolders: true,
        canSelectFiles: false,
        openLabel: vscode.l10n.t('Search Here'),
      })) ?? [];
    if (folder !== undefined) {
      this.#chosenFolders.push(folder.fsPath);
      this.#folder = folder.fsPath;
    }
    // What was chosen in the page is to be what is searched, also when nothing was.
    this.#tellSubject();
  }
}
