// Installs the workbench (a VS Code server with its web page), the Node that runs it, and vsce. Once; then at no cost.
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { install, installCarried } from '../../scripts/setup.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, 'node_modules');
const server = path.join(modules, 'code-server', 'lib', 'vscode');

/** @typedef {{ node: string, server: string, vsce: string }} Workbench Paths: a Node, and two programs for it. */

/**
 * About 0.9 GB under test/workbench/node_modules.
 * @returns {Promise<Workbench>}
 */
export async function setUpWorkbench() {
  await install(here);
  // code-server leaves the dependencies of the VS Code inside it to an install script. That script also compiles native
  // modules (log files, a watchdog, Kerberos, SQLite), which nothing here uses and a fresh machine has no compiler for.
  await installCarried(server);
  return {
    node: recentNode(),
    server: path.join(server, 'out', 'server-main.js'),
    vsce: path.join(modules, '@vscode', 'vsce', 'vsce'),
  };
}

/** A Node for the server and vsce, which need 22.15 or later: the packaged one, else the one that runs this. */
function recentNode() {
  const { platform, arch } = process;
  const packaged = [
    path.join(
      modules,
      `node-${platform === 'win32' ? 'win' : platform}-${arch}`,
      'bin',
      platform === 'win32' ? 'node.exe' : 'node',
    ),
    path.join(modules, `node-bin-${platform}-${arch}`, 'bin', 'node'),
  ].find(existsSync);
  if (packaged) return packaged;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 15)) return process.execPath;
  throw new Error(
    `npm has no Node 24 for ${platform}-${arch}: run this with Node 22.15 or later (this is ${process.version}).`,
  );
}
