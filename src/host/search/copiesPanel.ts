/** A panel of the near-duplicates in a folder, or of one of its images; those that are not wanted go to the bin. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { errorMessage } from '../../errors/errorMessage.js';
import * as protocol from '../../protocol/copiesPanel.js';
import type { CopiesAnswer } from '../../protocol/imageSearchWork.js';
import { shownImagesQuestionSchema } from '../../protocol/shownImages.js';
import { CheckpointOffer } from '../checkpointOffer.js';
import type { CheckpointSourceParts } from '../checkpointSources.js';
import type { Inspector } from '../inspector.js';
import { showError } from '../messages.js';
import { type PanelPlace, WebviewPanel } from '../webviewPanel.js';
import { ImageSearch } from './imageSearch.js';
import { unreadableNotes } from './unreadableNotes.js';

export interface CopiesPanelParts extends CheckpointSourceParts {
  readonly extensionUri: vscode.Uri;
  /** A child of its own for work on many images. */
  readonly embedder: Inspector;
  readonly output: vscode.LogOutputChannel;
}

/** Below it nothing is a copy: the slider ends there. */
const LEAST_SIMILARITY = 0.5;

const titleOf = ({ folder, image }: protocol.CopiesSubject): string =>
  image === undefined
    ? vscode.l10n.t('Copies in {0}', path.basename(folder))
    : vscode.l10n.t('Copies of {0}', path.basename(image));

export class CopiesPanel extends WebviewPanel {
  readonly #search: ImageSearch;
  readonly #offer: CheckpointOffer;
  readonly #deleted = new Set<string>();
  #version = 0;
  #found: CopiesAnswer | undefined;

  constructor(
    readonly shown: protocol.CopiesSubject,
    private readonly parts: CopiesPanelParts,
    place: PanelPlace,
  ) {
    super({ extensionUri: parts.extensionUri, page: 'copies', title: titleOf(shown), ...place });
    this.#search = this._register(
      new ImageSearch(parts.embedder, (progress) => this.tell(protocol.progress, progress)),
    );
    this._register(this.#search.onDidChange((files) => this.#changed(files)));
    this.onSignal(protocol.pageReady, () => this.#tellSubject());
    this.onRequest(protocol.ask, protocol.questionSchema, (question) => this.find(question));
    this.onSignal(protocol.cancel, () => this.#search.cancel());
    this.onSignal(protocol.train, () => void vscode.commands.executeCommand('dino.startTraining'));
    this.onRequest(protocol.askImages, shownImagesQuestionSchema, (question) => this.#search.images(question));
    this.onMessage(protocol.open, protocol.openSchema, (image) => void this.#open(image));
    this.onRequest(protocol.deleteImages, protocol.deletionSchema, async ({ images }) => ({
      deleted: await this.delete(images),
    }));
    this.#offer = this._register(
      new CheckpointOffer(parts, { isVisible: () => this.isVisible, tell: () => this.#tellSubject() }),
    );
  }

  /** @throws Error with one sentence */
  async find({ checkpoint, numHeads }: protocol.Question): Promise<protocol.Found> {
    this.#offer.require(checkpoint);
    const of = { data: this.shown.folder, checkpoint, ...(numHeads !== undefined && { numHeads }) };
    const answer = await this.#search.copies(of, LEAST_SIMILARITY);
    this.#found = answer;
    this.#deleted.clear();
    const { linked, links, images, computed, notes, unreadable, checkpointName, folder } = answer;
    const { image } = this.shown;
    const asked =
      image === undefined || folder === undefined
        ? -1
        : linked.findIndex(({ name }) => path.resolve(folder, name) === path.resolve(image));
    return {
      names: linked.map(({ name }) => name),
      links: [...links],
      ...{ images, computed, checkpointName },
      ...(asked >= 0 && { asked }),
      areFiles: folder !== undefined,
      notes: [...notes, ...unreadableNotes(unreadable)],
    };
  }

  /** After a question. @returns those that are gone */
  async delete(places: readonly number[]): Promise<number[]> {
    const files = places.flatMap((place) => {
      const name = this.#found?.linked[place]?.name;
      const file = name === undefined ? undefined : this.#search.fileOf(name);
      return file === undefined ? [] : [{ place, file }];
    });
    if (files.length === 0 || !(await askToDelete(files.map(({ file }) => file)))) return [];
    const deleted: number[] = [];
    let useTrash = true;
    for (const { place, file } of files) {
      let problem = await this.#remove(file, useTrash);
      // A server has no bin.
      if (problem !== undefined && useTrash) {
        if (!(await askToDeleteForGood(problem))) break;
        useTrash = false;
        problem = await this.#remove(file, useTrash);
      }
      if (problem !== undefined) {
        void showError(vscode.l10n.t('{0} could not be deleted: {1}', file.fsPath, problem));
        break;
      }
      deleted.push(place);
    }
    this.parts.output.info(`${deleted.length} copies deleted in ${this.shown.folder}`);
    return deleted;
  }

  /** @returns why it is still there; a file that somebody else has deleted is not */
  async #remove(file: vscode.Uri, useTrash: boolean): Promise<string | undefined> {
    this.#deleted.add(file.fsPath);
    try {
      await vscode.workspace.fs.delete(file, { useTrash });
    } catch (error) {
      if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
      this.#deleted.delete(file.fsPath);
      return errorMessage(error);
    }
    return undefined;
  }

  /** What was deleted here has left the page already. */
  #changed(files: readonly string[]): void {
    if (files.every((file) => this.#deleted.has(file))) return;
    this.#version++;
    this.#tellSubject();
  }

  #tellSubject(): void {
    const { sources, chosen } = this.#offer.take();
    this.tell(protocol.subject, {
      shown: this.shown,
      title: titleOf(this.shown),
      networks: [...sources],
      ...(chosen !== undefined && { chosen }),
      version: this.#version,
    });
  }

  async #open(place: number): Promise<void> {
    const name = this.#found?.linked[place]?.name;
    const file = name === undefined ? undefined : this.#search.fileOf(name);
    if (file === undefined) return;
    const options = { viewColumn: vscode.ViewColumn.Beside, preview: true };
    await vscode.commands.executeCommand('vscode.open', file, options);
  }
}

const NAMED = 10;

async function askToDelete(files: readonly vscode.Uri[]): Promise<boolean> {
  const names = files.slice(0, NAMED).map(({ fsPath }) => vscode.workspace.asRelativePath(fsPath));
  const detail = [...names, ...(files.length > NAMED ? ['…'] : [])].join('\n');
  const yes = vscode.l10n.t('Move to Bin');
  const question =
    files.length === 1
      ? vscode.l10n.t('Move 1 image to the bin?')
      : vscode.l10n.t('Move {0} images to the bin?', files.length.toLocaleString('en'));
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
}

async function askToDeleteForGood(reason: string): Promise<boolean> {
  const yes = vscode.l10n.t('Delete for Good');
  const question = vscode.l10n.t('The images cannot be moved to a bin here. Delete them for good?');
  return (await vscode.window.showWarningMessage(question, { modal: true, detail: reason }, yes)) === yes;
}
