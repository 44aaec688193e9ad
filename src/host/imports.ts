/** The imported weights in the weights folders of the workspace, whoever imported them: this window, another one, or the command line. */
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { errorMessage } from '../errors/errorMessage.js';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';
import { type ImportRecord, isImportFolder, readImportRecord } from '../runs/importedRecord.js';
import { Disposable } from './disposable.js';

export interface ListedImport {
  readonly kind: 'import';
  /** The folder, which every command takes for a checkpoint. */
  readonly path: string;
  readonly name: string;
  /** Where it comes from; a sentence when its record cannot be read. */
  readonly record: ImportRecord | string;
}

export const isImport = (row: unknown): row is ListedImport =>
  typeof row === 'object' && row !== null && 'kind' in row && row.kind === 'import';

export class Imports extends Disposable {
  readonly #changed = this._register(new vscode.EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  #all: readonly ListedImport[] = [];
  #problems: readonly string[] = [];
  #watchers: vscode.Disposable | undefined;

  constructor() {
    super();
    this._register(vscode.workspace.onDidChangeWorkspaceFolders(() => this.#foldersChanged()));
    this._register(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('dino.weightsFolder')) this.#foldersChanged();
      }),
    );
    this._register({ dispose: () => this.#watchers?.dispose() });
    this.#foldersChanged();
  }

  /** By name. */
  get all(): readonly ListedImport[] {
    return this.#all;
  }

  /** Weights folders that cannot be listed, a sentence each. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** The folders that imports lie in, one a workspace folder. */
  get roots(): readonly string[] {
    return [...new Set((vscode.workspace.workspaceFolders ?? []).map(weightsFolderOf))];
  }

  /** Reads all records again. */
  refresh(): void {
    const problems: string[] = [];
    const found = this.roots.flatMap((root) => {
      try {
        return importsIn(root);
      } catch (error) {
        problems.push(vscode.l10n.t('The weights in {0} cannot be listed: {1}.', root, fileProblem(error)));
        return [];
      }
    });
    // An import that has not changed stays the same object, by which the tree knows it.
    this.#all = found.map((one) => {
      const before = this.#all.find((other) => other.path === one.path);
      return before && JSON.stringify(before) === JSON.stringify(one) ? before : one;
    });
    this.#problems = problems;
    this.#changed.fire();
  }

  #foldersChanged(): void {
    this.#watchers?.dispose();
    const watchers = this.roots.map((root) => {
      const records = new vscode.RelativePattern(vscode.Uri.file(root), '*/import.json');
      const watcher = vscode.workspace.createFileSystemWatcher(records);
      watcher.onDidCreate(() => this.refresh());
      watcher.onDidChange(() => this.refresh());
      watcher.onDidDelete(() => this.refresh());
      return watcher;
    });
    this.#watchers = vscode.Disposable.from(...watchers);
    this.refresh();
  }
}

/** The setting, for this folder; a relative path is taken from the folder. */
export function weightsFolderOf(folder: vscode.WorkspaceFolder): string {
  const setting = vscode.workspace.getConfiguration('dino', folder.uri).get('weightsFolder', '').trim() || 'weights';
  return path.resolve(folder.uri.fsPath, setting);
}

/** @throws the file system's own error */
function importsIn(root: string): ListedImport[] {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .map((name) => path.join(root, name))
    .filter(isImportFolder)
    .sort()
    .map((folder) => ({ kind: 'import', path: folder, name: path.basename(folder), record: recordIn(folder) }));
}

function recordIn(folder: string): ImportRecord | string {
  try {
    return readImportRecord(folder);
  } catch (error) {
    return errorMessage(error);
  }
}
