import type { CancellationToken } from 'vscode-jsonrpc';
import { storageFolder } from '../engines/storage.js';
import { bundledSources } from '../engines/tensorflow/install/bundledSources.js';
import { installTensorFlow } from '../engines/tensorflow/install/install.js';
import type { InstallAnswer, InstallProgress, InstallRequest } from '../protocol/worker.js';

/** The installation that is under way, so that a process that has to go can first clean up. */
export class Installation {
  #running: { readonly cancel: AbortController; readonly ended: Promise<unknown> } | undefined;

  /** @throws Error with one sentence, or as the token is cancelled */
  async run(
    { gpu }: InstallRequest,
    token: CancellationToken,
    onProgress: (progress: InstallProgress) => void,
  ): Promise<InstallAnswer> {
    if (this.#running !== undefined) throw new Error('TensorFlow is being installed in this process already.');
    const cancel = new AbortController();
    token.onCancellationRequested(() => cancel.abort());
    const installing = installTensorFlow({
      storage: storageFolder(),
      gpu,
      binding: bundledSources,
      signal: cancel.signal,
      onProgress,
    });
    this.#running = { cancel, ended: installing.catch(() => undefined) };
    try {
      const { tensorflow, usesGpu, directory } = await installing;
      return { tensorflow, gpu, usesGpu, directory };
    } finally {
      this.#running = undefined;
    }
  }

  /** Settled when nothing is being installed any more. */
  async cancel(): Promise<void> {
    this.#running?.cancel.abort();
    await this.#running?.ended;
  }
}
