// Where the benchmark's peers come from: a Python with PyTorch, and one with lightly-train.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { root, run } from '../../scripts/setup.mjs';

/**
 * @typedef {object} Environment
 * @property {string} library for people
 * @property {string} imports what it must be able to import
 * @property {string} variable of the environment: names a Python that has it
 * @property {string} folder of .cache, for a virtual environment
 * @property {string} requirements file beside this one
 */

/** @returns {Promise<string>} see `pythonOf` */
export const torchPython = () =>
  pythonOf({
    library: 'PyTorch',
    imports: 'torch, torchvision',
    variable: 'DINO_TORCH_PYTHON',
    folder: 'torch',
    requirements: 'requirements-torch.txt',
  });

/** @returns {Promise<string>} see `pythonOf` */
export const lightlyPython = () =>
  pythonOf({
    library: 'lightly-train',
    imports: 'lightly_train, timm',
    variable: 'DINO_LIGHTLY_PYTHON',
    folder: 'lightly-train',
    requirements: 'requirements-lightly.txt',
  });

/**
 * A Python that has a library: the one that the variable names, else that of a virtual environment in .cache, which is made and filled
 * from PyPI when it is not there.
 * @returns {Promise<string>} Path of the interpreter.
 * @throws Error when there is no Python, or the library cannot be installed.
 */
async function pythonOf(/** @type {Environment} */ { library, imports, variable, folder, requirements }) {
  const named = process.env[variable];
  if (named) {
    if (!canImport(named, imports))
      throw new Error(`${variable} is ${named}, but that Python cannot import ${imports}.`);
    return named;
  }
  const environment = path.join(root, '.cache', folder);
  const python =
    process.platform === 'win32'
      ? path.join(environment, 'Scripts', 'python.exe')
      : path.join(environment, 'bin', 'python');
  if (canImport(python, imports)) return python;
  console.log(`Installing ${library} into ${path.relative(root, environment)} …`);
  await run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', environment]);
  const file = fileURLToPath(new URL(requirements, import.meta.url));
  await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', file]);
  return python;
}

const canImport = (/** @type {string} */ python, /** @type {string} */ modules) =>
  spawnSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0;
