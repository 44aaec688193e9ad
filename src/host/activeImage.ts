/** Tells which image a person is at: the one in the active tab, or the one whose path is under the text cursor. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import { activeImage, NAMING_IMAGES } from './imageFiles.js';
import { imagePathsAt } from './imagePaths.js';

/** A cursor that runs through a table passes a path a line. */
const SETTLE_MS = 100;
/** What the editor's menu asks. */
const CONTEXT_KEY = 'dino.imageUnderCursor';

export class ActiveImage extends Disposable {
  readonly #changed = this._register(new vscode.EventEmitter<vscode.Uri>());
  /** An image is active: another one, or again. */
  readonly onDidChange = this.#changed.event;
  #timer: NodeJS.Timeout | undefined;
  #isUnderCursor = false;

  constructor() {
    super();
    const changed = () => {
      this.#tellMenu();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#look(), SETTLE_MS);
    };
    this._register(vscode.window.tabGroups.onDidChangeTabs(changed));
    this._register(vscode.window.tabGroups.onDidChangeTabGroups(changed));
    this._register(vscode.window.onDidChangeActiveTextEditor(changed));
    this._register(vscode.window.onDidChangeTextEditorSelection(changed));
    this._register({ dispose: () => clearTimeout(this.#timer) });
  }

  async #look(): Promise<void> {
    const image = await activeImage();
    if (image !== undefined && !this.isDisposed) this.#changed.fire(image);
  }

  /** By the text alone, so that the menu that opens next knows already. */
  #tellMenu(): void {
    const editor = vscode.window.activeTextEditor;
    const isUnderCursor =
      editor !== undefined &&
      vscode.languages.match(NAMING_IMAGES, editor.document) > 0 &&
      imagePathsAt(editor.document.lineAt(editor.selection.active).text, editor.selection.active.character).length > 0;
    if (isUnderCursor === this.#isUnderCursor) return;
    this.#isUnderCursor = isUnderCursor;
    void vscode.commands.executeCommand('setContext', CONTEXT_KEY, isUnderCursor);
  }
}
