// A whole training, from files on: `dino train`, and lightly-train on the same images.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { FORMS } from './contestants.mjs';
import { IMAGES_FOLDER } from './crops.mjs';

/** @typedef {import('./measure.mjs').Command} Command */

/** What both take as it is written here. */
export const TRAINING = { local_crops_number: 6, batch_size: 16, out_dim: 4096, epochs: 3 };

const program = fileURLToPath(new URL('trainingSpeed.mjs', import.meta.url));
const peer = fileURLToPath(new URL('peer_lightly.py', import.meta.url));

/** @returns {Command} */
export function trainingCommand(/** @type {import('./contestants.mjs').Form} */ form) {
  const { engine, env } = FORMS[form];
  return {
    program: process.execPath,
    args: [program, '--data', IMAGES_FOLDER, '--engine', engine],
    ...(env && { env }),
  };
}

/** @returns {Command} */
export const lightlyCommand = (/** @type {string} */ python) => ({
  program: python,
  args: [
    ...[peer, '--data', IMAGES_FOLDER, '--epochs', String(TRAINING.epochs), '--batch', String(TRAINING.batch_size)],
    ...['--out-dim', String(TRAINING.out_dim), '--local-crops', String(TRAINING.local_crops_number)],
  ],
});
