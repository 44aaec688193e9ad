/** An embedding for TensorFlow's Embedding Projector (projector.tensorflow.org): vectors, names, and a sprite of all images. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ImageDataset } from '../data/dataset.js';
import { fileProblem } from '../files/fileProblem.js';
import type { ImageColumn } from '../protocol/embeddingWork.js';
import { write } from './featureFile.js';
import type { NumberMatrix } from './npy.js';
import { thumbnails } from './thumbnails.js';

export interface ProjectorContents {
  readonly features: NumberMatrix;
  /** A value for each row; the first is the image's name. */
  readonly metadata: readonly ImageColumn[];
  /** The images of the rows, for the sprite. */
  readonly spriteImages?: { readonly dataset: ImageDataset; readonly images: ArrayLike<number> };
}

/** The Projector's browser takes no larger texture. */
const MOST_SPRITE_SIDE = 8192;
const THUMBNAIL_SIDE = 64;

/**
 * Writes vectors.tsv, metadata.tsv, sprite.png and projector_config.json into a folder, which is made when it is not there.
 * @returns the files
 * @throws Error with one sentence
 */
export async function writeProjectorFiles(folder: string, contents: ProjectorContents): Promise<string[]> {
  const { features, metadata, spriteImages } = contents;
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new Error(`The folder ${folder} cannot be made: ${fileProblem(error)}.`);
  });
  const { rows, dim, data } = features;
  const files = ['vectors.tsv', 'metadata.tsv', 'projector_config.json'];
  const lines = Array.from({ length: rows }, (_, row) => data.subarray(row * dim, (row + 1) * dim).join('\t'));
  await write(join(folder, 'vectors.tsv'), `${lines.join('\n')}\n`);
  await write(join(folder, 'metadata.tsv'), metadataTable(metadata, rows));
  const side = Math.min(THUMBNAIL_SIDE, Math.floor(MOST_SPRITE_SIDE / Math.ceil(Math.sqrt(rows))));
  if (spriteImages !== undefined) {
    await write(join(folder, 'sprite.png'), await sprite(spriteImages.dataset, spriteImages.images, side));
    files.push('sprite.png');
  }
  const config = {
    embeddings: [
      {
        tensorName: 'DINO features',
        tensorShape: [rows, dim],
        tensorPath: 'vectors.tsv',
        metadataPath: 'metadata.tsv',
        ...(spriteImages !== undefined && { sprite: { imagePath: 'sprite.png', singleImageDim: [side, side] } }),
      },
    ],
  };
  await write(join(folder, 'projector_config.json'), `${JSON.stringify(config, null, 2)}\n`);
  return files.map((file) => join(folder, file));
}

/** As the Projector reads it: no quotes, no tabs or line ends in a value, and no line of names above a single column. */
function metadataTable(columns: readonly ImageColumn[], rows: number): string {
  const clean = (text: string) => text.replaceAll(/[\t\r\n]+/g, ' ');
  const lines = Array.from({ length: rows }, (_, row) => columns.map(({ values }) => clean(values[row] ?? '')));
  if (columns.length > 1) lines.unshift(columns.map(({ name }) => clean(name)));
  return `${lines.map((line) => line.join('\t')).join('\n')}\n`;
}

/** Row by row from the top left, as many in a row as rows. */
async function sprite(dataset: ImageDataset, images: ArrayLike<number>, side: number): Promise<Buffer> {
  const across = Math.ceil(Math.sqrt(images.length));
  const { pixels } = await thumbnails(dataset, images, side);
  const stride = across * side * 3;
  const whole = new Uint8Array(across * side * stride);
  for (let place = 0; place < images.length; place++) {
    const left = (place % across) * side * 3;
    const top = Math.floor(place / across) * side;
    for (let y = 0; y < side; y++) {
      const from = (place * side + y) * side * 3;
      whole.set(pixels.subarray(from, from + side * 3), (top + y) * stride + left);
    }
  }
  return sharp(whole, { raw: { width: across * side, height: across * side, channels: 3 } })
    .png()
    .toBuffer();
}
