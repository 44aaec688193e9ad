// Photographs cut into square tiles that do not overlap; a tile's label is its photograph.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { photographFile, photographs, spread } from './samples.mjs';

/** Side in pixels. */
const TILE = 112;

/**
 * @param {{ train: string, test: string }} folders `perPhotograph` tiles of each photograph, evenly spread, go into `train`, all others
 *   into `test`: into a folder a photograph.
 * @param {number} perPhotograph
 * @param {'png' | 'jpg'} [ending] jpg: a quarter of the size.
 */
export async function cutIntoTiles(folders, perPhotograph, ending = 'png') {
  for (const label of photographs) {
    const photograph = sharp(photographFile(label));
    const { width, height } = await photograph.metadata();
    const places = Array.from({ length: Math.floor(height / TILE) }, (_, row) =>
      Array.from({ length: Math.floor(width / TILE) }, (_, column) => ({ top: row * TILE, left: column * TILE })),
    ).flat();
    const chosen = new Set(spread(places, perPhotograph));
    for (const place of places) {
      const folder = path.join(chosen.has(place) ? folders.train : folders.test, label);
      mkdirSync(folder, { recursive: true });
      const tile = photograph.clone().extract({ ...place, width: TILE, height: TILE });
      const written = ending === 'png' ? tile.png() : tile.jpeg({ quality: 90 });
      await written.toFile(path.join(folder, `${place.top}-${place.left}.${ending}`));
    }
  }
}
