import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { patience } from '../patience.mjs';
import { setUpWorkbench } from './setup.mjs';

const settings = {
  'workbench.startupEditor': 'none',
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'git.enabled': false,
};

/**
 * @typedef {object} ServerOptions
 * @property {readonly string[]} [vsix] Extension packages to install first.
 * @property {Record<string, unknown>} [settings] The user's settings, over quiet defaults.
 * @property {NodeJS.ProcessEnv} [env] Added to the server's environment and so to the extension host's.
 * @property {boolean} [forTests] Makes `?payload=` work, which runs a test suite in the extension host. It hides
 *   notifications too, so what a person does is tested without it.
 *
 * @typedef {object} Server
 * @property {string} url
 * @property {(folder: string) => string} folderUrl The page that shows a folder.
 * @property {(file: string) => string} remoteUri What the page calls a file of this machine.
 * @property {Promise<void>} opened When a page begins to run extensions: somebody looks.
 * @property {() => Promise<void>} stop Ends the server and removes all that it wrote.
 */

/**
 * Starts a VS Code server of its own: own data, settings and extensions, a free port of 127.0.0.1.
 * @param {ServerOptions} [options]
 * @returns {Promise<Server>}
 * @throws with the end of its log when it does not start.
 */
export async function startServer(options = {}) {
  const workbench = await setUpWorkbench();
  const home = await mkdtemp(path.join(os.tmpdir(), 'dino-lab-workbench-'));
  await mkdir(path.join(home, 'data', 'User'), { recursive: true });
  await writeFile(
    path.join(home, 'data', 'User', 'settings.json'),
    JSON.stringify({ ...settings, ...options.settings }),
  );

  const env = {
    ...process.env,
    // An extension gallery would be asked for updates at every start.
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    ...options.env,
  };
  const args = [workbench.server, '--accept-server-license-terms', '--server-data-dir', home];
  args.push('--user-data-dir', path.join(home, 'data'), '--extensions-dir', path.join(home, 'extensions'));
  for (const vsix of options.vsix ?? []) {
    await promisify(execFile)(workbench.node, [...args, '--install-extension', path.resolve(vsix)], { env });
  }

  const port = await freePort();
  args.push('--host', '127.0.0.1', '--port', String(port), '--without-connection-token', '--disable-telemetry');
  args.push('--disable-workspace-trust', '--disable-getting-started-override');
  if (options.forTests) args.push('--enable-smoke-test-driver');
  const child = spawn(workbench.node, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let log = '';
  /** @type {Promise<void>} */
  const opened = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        log = (log + text).slice(-4000);
        if (log.includes('[ExtensionHostConnection]')) resolve();
      });
    }
  });
  const kill = () => child.kill();
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await ended;
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  };

  // Plain http will do: browsers take 127.0.0.1 for a secure context, which webviews need.
  const url = `http://127.0.0.1:${port}`;
  if (!(await answers(`${url}/version`, () => child.exitCode === null && child.signalCode === null))) {
    await stop();
    throw new Error(`The VS Code server did not start. The end of its log:\n${log}`);
  }
  return {
    url,
    opened,
    stop,
    folderUrl: (folder) => `${url}/?folder=${encodeURIComponent(path.resolve(folder))}`,
    remoteUri: (file) => `vscode-remote://127.0.0.1:${port}${path.resolve(file)}`,
  };
}

/** @returns {Promise<number>} A port that nobody listens on. */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Whether an address answers, while there is somebody to. */
async function answers(/** @type {string} */ address, /** @type {() => boolean} */ isAlive) {
  for (const end = Date.now() + patience.state; Date.now() < end && isAlive(); await delay(100)) {
    const found = await fetch(address).then(
      ({ ok }) => ok,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
