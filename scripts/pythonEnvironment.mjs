// Pythons with the libraries that a benchmark or a check needs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { root, run } from './setup.mjs';

const isWindows = process.platform === 'win32';

/**
 * @typedef {object} Environment
 * @property {string} library for people
 * @property {string} imports what it must be able to import
 * @property {string} [variable] of the environment: names a Python that has it
 * @property {string} folder of .cache, for a virtual environment
 * @property {readonly string[]} packages what pip is asked to install
 */

/**
 * A Python that has a library: the one that the variable names, else that of a virtual environment in .cache, which is made and filled
 * from PyPI when it is not there.
 * @returns {Promise<string>} Path of the interpreter.
 * @throws Error when there is no Python, or the library cannot be installed.
 */
export async function pythonOf(/** @type {Environment} */ { library, imports, variable, folder, packages }) {
  const named = variable && process.env[variable];
  if (named) {
    if (!canImport(named, imports))
      throw new Error(`${variable} is ${named}, but that Python cannot import ${imports}.`);
    return named;
  }
  const environment = path.join(root, '.cache', folder);
  if (canImport(interpreterOf(environment), imports)) return interpreterOf(environment);
  console.log(`Installing ${library} into ${path.relative(root, environment)} …`);
  const python = await virtualPython(environment);
  await run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  return python;
}

/** The interpreter of a virtual environment, which is made where there is none. @throws Error when there is no Python */
export async function virtualPython(/** @type {string} */ environment) {
  const python = interpreterOf(environment);
  if (!existsSync(python)) await run(isWindows ? 'python' : 'python3', ['-m', 'venv', environment]);
  return python;
}

const interpreterOf = (/** @type {string} */ environment) =>
  path.join(environment, ...(isWindows ? ['Scripts', 'python.exe'] : ['bin', 'python']));

const canImport = (/** @type {string} */ python, /** @type {string} */ modules) =>
  spawnSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0;
