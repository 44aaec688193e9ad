import type * as vscode from 'vscode';

/** Owns other disposables: what is registered ends with it, and at once when it has ended already. */
export abstract class Disposable implements vscode.Disposable {
  readonly #owned = new Set<vscode.Disposable>();
  #isDisposed = false;

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const owned of [...this.#owned].reverse()) owned.dispose();
    this.#owned.clear();
  }

  protected _register<T extends vscode.Disposable>(owned: T): T {
    if (this.#isDisposed) owned.dispose();
    else this.#owned.add(owned);
    return owned;
  }
}
