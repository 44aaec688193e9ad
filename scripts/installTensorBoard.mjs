import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { root, run } from './setup.mjs';

const PACKAGES = ['tensorboard==2.21.0', 'protobuf==7.36.2', 'numpy==2.4.6'];
const isWindows = process.platform === 'win32';
const environment = path.join(root, '.cache', 'tensorboard');
const programs = path.join(environment, isWindows ? 'Scripts' : 'bin');

/** A Python that has TensorBoard: the one that DINO_TENSORBOARD_PYTHON names, or else one of its own, made from PyPI the first time. */
export async function installTensorBoard() {
  const named = process.env['DINO_TENSORBOARD_PYTHON'];
  if (named) return named;
  const python = path.join(programs, isWindows ? 'python.exe' : 'python');
  if (existsSync(path.join(programs, isWindows ? 'tensorboard.exe' : 'tensorboard'))) return python;
  console.log(`Installing TensorBoard into ${path.relative(root, environment)} …`);
  await rm(environment, { recursive: true, force: true });
  await run(isWindows ? 'python' : 'python3', ['-m', 'venv', environment]);
  await run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
  return python;
}
