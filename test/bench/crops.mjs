// The making of crops: the images that they are made from, and who makes them.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { photographFile, photographs } from '../../scripts/samples.mjs';
import { root } from '../../scripts/setup.mjs';

/** @typedef {import('./measure.mjs').Command} Command */

const COUNT = 200;
const [WIDTH, HEIGHT] = [500, 375];
export const IMAGES = `${WIDTH}x${HEIGHT} JPEGs`;

/** Where they are. */
export const IMAGES_FOLDER = path.join(root, '.cache', 'bench-crops');
const folder = IMAGES_FOLDER;
const ours = path.join(root, 'dist', 'test', 'bench', 'makeCrops.cjs');
const peer = fileURLToPath(new URL('peer_torchvision.py', import.meta.url));
const args = ['--data', folder, '--workers', '2', '--batch', '10'];

/** Our pool of threads. With a cache it makes crops of images that it has decoded before. @returns {Command} */
export const cropsCommand = ({ cacheMb = 0 } = {}) => ({
  program: process.execPath,
  args: [ours, ...args, '--cache-mb', String(cacheMb)],
});

/** @returns {Command} */
export const torchvisionCommand = (/** @type {string} */ python) => ({ program: python, args: [peer, ...args] });

/** Windows of photographs, each another one, at the size and about the quality of ImageNet's images. To be there before the commands run. */
export async function makeImages() {
  if (existsSync(path.join(folder, `${COUNT - 1}.jpg`))) return;
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < COUNT; index++) {
    const photograph = sharp(photographFile(photographs[index % photographs.length] ?? ''));
    const { width, height } = await photograph.metadata();
    // Golden ratio and its like: places that spread evenly, however many they are.
    const [share, across, down] = [0.6180339887, 0.7548776662, 0.569840291].map((step) => (index * step) % 1);
    const side = Math.min(width / 4, height / 3) * (0.5 + 0.5 * (share ?? 0));
    const window = { width: Math.floor(4 * side), height: Math.floor(3 * side) };
    await photograph
      .extract({
        left: Math.floor((across ?? 0) * (width - window.width)),
        top: Math.floor((down ?? 0) * (height - window.height)),
        ...window,
      })
      .resize(WIDTH, HEIGHT, { fit: 'fill' })
      .toColourspace('srgb')
      .jpeg({ quality: 92 })
      .toFile(path.join(folder, `${index}.jpg`));
  }
}
