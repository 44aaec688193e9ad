// What `npm start` and `npm test` need before anything else: packages and bundles. No dependency, since none may be there yet.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Runs a program to its end with its output going through.
 * @param {string} program A path, or a name on PATH.
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<void>}
 * @throws when it cannot start or ends with anything but 0.
 */
export function run(program, args, { cwd = root, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    // On Windows npm is a batch file, which only a shell runs.
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: 'inherit',
      shell: program === 'npm' && process.platform === 'win32',
    });
    const what = `${path.basename(program)} ${args.join(' ')}`;
    child.once('error', (error) => reject(new Error(`${what} could not start: ${error.message}`)));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${what} ended with ${signal ?? `exit code ${code}`}.`));
    });
  });
}

/** @typedef {{ version?: string, optional?: boolean, dev?: boolean, devOptional?: boolean, link?: boolean }} LockedPackage */

/** @returns {Record<string, LockedPackage>} The packages of a lock file by their place under the folder. */
function lockedPackages(/** @type {string} */ file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/**
 * Whether a folder's node_modules holds what its lock file asks for, by the record that npm keeps of what it installed.
 * Optional packages may be absent: they are for other platforms, or could not be had.
 * @param {string} folder
 * @param {{ withDev?: boolean }} [options]
 */
function isInstalled(folder, { withDev = true } = {}) {
  const lock = ['npm-shrinkwrap.json', 'package-lock.json'].map((name) => path.join(folder, name)).find(existsSync);
  if (!lock) throw new Error(`${folder} has no lock file.`);
  const present = lockedPackages(path.join(folder, 'node_modules', '.package-lock.json'));
  return Object.entries(lockedPackages(lock)).every(([place, { version, optional, dev, devOptional, link }]) => {
    if (place === '' || optional || link || (!withDev && (dev || devOptional))) return true;
    return present[place]?.version === version;
  });
}

/** Installs exactly what a folder's lock file says, unless it is there already. */
export async function install(/** @type {string} */ folder) {
  if (!isInstalled(folder)) await npm(folder, 'ci');
}

/**
 * Installs what an installed package carries its own lock file for, unless it is there already. Such a lock file may leave
 * something open, which `npm ci` refuses.
 */
export async function installCarried(/** @type {string} */ folder) {
  if (!isInstalled(folder, { withDev: false })) await npm(folder, 'install', '--omit=dev');
}

async function npm(/** @type {string} */ folder, /** @type {string[]} */ ...command) {
  console.log(`Installing the packages of ${path.relative(path.dirname(root), folder)} …`);
  await run('npm', [...command, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
}

/**
 * Bundles everything into dist/.
 * @param {{ tests?: boolean }} [options] tests: the extension's test suite too.
 */
export async function build({ tests = false } = {}) {
  await run(process.execPath, ['esbuild.mjs', ...(tests ? ['--tests'] : [])]);
}
