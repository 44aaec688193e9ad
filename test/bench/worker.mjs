// The process that the extension starts, asked as the extension asks it.
import { fork } from 'node:child_process';
import path from 'node:path';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { root } from '../../scripts/setup.mjs';

/** @returns {Promise<{ ask: (method: string, params: object) => Promise<any>, stop: () => void }>} */
export async function startWorker() {
  const child = fork(path.join(root, 'dist', 'worker.cjs'), { serialization: 'advanced' });
  const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  const ready = new Promise((resolve) => connection.onNotification('ready', resolve));
  connection.listen();
  await ready;
  return {
    ask: (method, params) => connection.sendRequest(method, params),
    stop: () => {
      connection.dispose();
      child.kill();
    },
  };
}
