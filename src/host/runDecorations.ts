/** The color and the marker of each run in the tree, the same as in the curves. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import type { RunList } from './runList.js';
import { LOOK_NAMES, lookOf } from './runLooks.js';

const SCHEME = 'dino-run';

/** What a row's decoration is asked for by; no file has it. */
export const decoratedUri = (dir: string): vscode.Uri => vscode.Uri.from({ scheme: SCHEME, path: '/', query: dir });

export class RunDecorations extends Disposable implements vscode.FileDecorationProvider {
  readonly #changed = this._register(new vscode.EventEmitter<vscode.Uri[] | undefined>());
  readonly onDidChangeFileDecorations = this.#changed.event;

  constructor(private readonly runs: RunList) {
    super();
    this._register(vscode.window.registerFileDecorationProvider(this));
    this._register(runs.onDidChange((changed) => this.#changed.fire(changed?.map(({ dir }) => decoratedUri(dir)))));
  }

  provideFileDecoration({ scheme, query }: vscode.Uri): vscode.FileDecoration | undefined {
    if (scheme !== SCHEME) return undefined;
    const listed = this.runs.get(query);
    if (listed === undefined) return undefined;
    const look = lookOf(listed.summary);
    const { name = '', marker = '' } = LOOK_NAMES[look] ?? {};
    return new vscode.FileDecoration(
      marker,
      vscode.l10n.t('Drawn in {0}', name),
      new vscode.ThemeColor(`dino.run${look + 1}`),
    );
  }
}
