/** Tells which picture a person is at: the one in the active tab, or the one whose path is under the text cursor. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import { activePicture, NAMING_PICTURES } from './pictureFiles.js';
import { picturePathsAt } from './picturePaths.js';

/** A cursor that runs through a table passes a path a line. */
const SETTLE_MS = 100;
/** What the editor's menu asks. */
const CONTEXT_KEY = 'dino.pictureUnderCursor';

export class ActivePicture extends Disposable {
  readonly #changed = this._register(new vscode.EventEmitter<vscode.Uri>());
  /** A picture is active: another one, or again. */
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
    const picture = await activePicture();
    if (picture !== undefined && !this.isDisposed) this.#changed.fire(picture);
  }

  /** By the text alone, so that the menu that opens next knows already. */
  #tellMenu(): void {
    const editor = vscode.window.activeTextEditor;
    const isUnderCursor =
      editor !== undefined &&
      vscode.languages.match(NAMING_PICTURES, editor.document) > 0 &&
      picturePathsAt(editor.document.lineAt(editor.selection.active).text, editor.selection.active.character).length >
        0;
    if (isUnderCursor === this.#isUnderCursor) return;
    this.#isUnderCursor = isUnderCursor;
    void vscode.commands.executeCommand('setContext', CONTEXT_KEY, isUnderCursor);
  }
}
