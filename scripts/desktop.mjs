// What the desktop has to look at things with. No shell stands between: a path with a space or an `&` is a path.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/**
 * The program of VS Code, by the place of `code` on PATH. On Windows `code` is a batch file, which only a shell runs; the program
 * lies one folder above it.
 * @param {{ platform: string, searchPath: string, exists?: (file: string) => boolean }} system
 * @returns {string | undefined}
 */
export function findCode({ platform, searchPath, exists = existsSync }) {
  const isWindows = platform === 'win32';
  const { join, delimiter } = isWindows ? path.win32 : path.posix;
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  const [launcher, program] = isWindows ? ['code.cmd', ['..', 'Code.exe']] : ['code', ['code']];
  return folders
    .filter((folder) => exists(join(folder, launcher)))
    .map((folder) => join(folder, ...program))
    .find((file) => exists(file));
}

/**
 * Opens a folder in a new window of the desktop's VS Code, with the extension from its sources.
 * @param {string} folder
 * @param {string} extension The extension's folder.
 * @returns {boolean} Whether there is a VS Code.
 */
export function openInCode(folder, extension) {
  const code = findCode({ platform: process.platform, searchPath: process.env['PATH'] ?? '' });
  if (code === undefined) return false;
  const args = ['--new-window', `--extensionDevelopmentPath=${extension}`, folder];
  // Windows has the program itself, which stays until its window is closed; elsewhere `code` hands over to it and ends.
  if (process.platform === 'win32') spawn(code, args, { stdio: 'ignore', detached: true }).unref();
  else if (spawnSync(code, args, { stdio: 'ignore' }).status !== 0) return false;
  return true;
}

/** The program that opens an address, with its arguments. @returns {[string, ...string[]]} */
export function browserCommand(/** @type {string} */ platform, /** @type {string} */ address) {
  if (platform === 'darwin') return ['open', address];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', address];
  return ['xdg-open', address];
}

/** Shows an address in the browser where there is a screen. */
export function showInBrowser(/** @type {string} */ address) {
  const { platform, env } = process;
  const hasScreen = platform === 'darwin' || platform === 'win32' || env['DISPLAY'] || env['WAYLAND_DISPLAY'];
  if (!hasScreen) return;
  const [program, ...args] = browserCommand(platform, address);
  // No program that opens addresses is no reason to fail.
  spawn(program, args, { stdio: 'ignore', detached: true })
    .once('error', () => {})
    .unref();
}
