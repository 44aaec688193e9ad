// What evaluations are made of: features from files, k-NN, an epoch of the linear probe; ours and PyTorch's.
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { root, run } from '../../scripts/setup.mjs';
import { IMAGES_FOLDER } from './crops.mjs';

/** @typedef {import('./measure.mjs').Command} Command */
/** @typedef {'features' | 'knn' | 'linear'} Work */

const built = (/** @type {string} */ name) => path.join(root, 'dist', 'test', 'bench', `${name}.cjs`);
const peer = fileURLToPath(new URL('peer_evaluation.py', import.meta.url));
const network = path.join(root, '.cache', 'bench-vit-small.safetensors');

/** @returns {Command} */
export const evaluationCommand = (/** @type {Work} */ work) => ({
  program: process.execPath,
  args: [built('evaluationSpeed'), work, ...(work === 'features' ? [IMAGES_FOLDER, network] : [])],
});

/** @returns {Command} */
export const evaluationPeer = (/** @type {string} */ python, /** @type {Work} */ work) => ({
  program: python,
  args: [peer, work, ...(work === 'features' ? ['--data', IMAGES_FOLDER] : [])],
});

/** ViT-S/16, untrained: to be there before the command runs. */
export async function makeNetwork() {
  if (!existsSync(network))
    await run(process.execPath, [built('makeCheckpoint'), '--preset', 'small', '--out', network]);
}
