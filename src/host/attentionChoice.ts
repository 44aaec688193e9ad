/** The checkpoint that a person chose for attention; remembered for the workspace. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';

const KEY = 'attention.checkpoint';

export class AttentionChoice extends Disposable {
  readonly #changed = this._register(new vscode.EventEmitter<void>());
  readonly onDidChange = this.#changed.event;

  constructor(private readonly memory: vscode.Memento) {
    super();
  }

  /** A checkpoint's folder or file. */
  get path(): string | undefined {
    const path: unknown = this.memory.get(KEY);
    return typeof path === 'string' ? path : undefined;
  }

  /** None is chosen any more. */
  async clear(): Promise<void> {
    await this.memory.update(KEY, undefined);
    this.#changed.fire();
  }

  async set(path: string): Promise<void> {
    await this.memory.update(KEY, path);
    this.#changed.fire();
  }
}
