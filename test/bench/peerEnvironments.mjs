// Where the benchmark's peer, PyTorch, comes from.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { root, run } from '../../scripts/setup.mjs';

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));

/**
 * A Python that has PyTorch and torchvision: the one that DINO_TORCH_PYTHON names, else that of a virtual environment in .cache/torch,
 * which is made and filled from PyPI when it is not there.
 * @returns {Promise<string>} Path of the interpreter.
 * @throws Error when there is no Python, or PyTorch cannot be installed.
 */
export async function torchPython() {
  const named = process.env['DINO_TORCH_PYTHON'];
  if (named) {
    if (!hasTorch(named))
      throw new Error(`DINO_TORCH_PYTHON is ${named}, but that Python cannot import torch and torchvision.`);
    return named;
  }
  const environment = path.join(root, '.cache', 'torch');
  const python =
    process.platform === 'win32'
      ? path.join(environment, 'Scripts', 'python.exe')
      : path.join(environment, 'bin', 'python');
  if (hasTorch(python)) return python;
  console.log(`Installing PyTorch into ${path.relative(root, environment)} …`);
  await run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', environment]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
  return python;
}

function hasTorch(/** @type {string} */ python) {
  return spawnSync(python, ['-c', 'import torch, torchvision'], { stdio: 'ignore' }).status === 0;
}
