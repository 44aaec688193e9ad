/** An embedding for the Embedding Projector (projector.tensorflow.org, and a tab of TensorBoard): vectors, names, a sprite of all images. */
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
  readonly sprite?: Sprite;
  /** 'DINO features' when left out. */
  readonly title?: string;
}

/** The images of the rows, row by row from the top left, as many in a row as rows. */
export interface Sprite {
  readonly png: Uint8Array;
  /** Of each image, in pixels. */
  readonly side: number;
}

/** The Projector's browser takes no larger texture. */
const MOST_SPRITE_SIDE = 8192;
const THUMBNAIL_SIDE = 64;

/**
 * Writes vectors.tsv, metadata.tsv, sprite.png, and what says so: projector_config.json for the web site, projector_config.pbtxt for
 * TensorBoard. The folder is made when it is not there.
 * @returns the files
 * @throws Error with one sentence
 */
export async function writeProjectorFiles(folder: string, contents: ProjectorContents): Promise<string[]> {
  const { features, metadata, sprite, title = 'DINO features' } = contents;
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new Error(`The folder ${folder} cannot be made: ${fileProblem(error)}.`);
  });
  const { rows, dim, data } = features;
  const lines = Array.from({ length: rows }, (_, row) => data.subarray(row * dim, (row + 1) * dim).join('\t'));
  const shown = {
    tensorName: title,
    tensorShape: [rows, dim],
    tensorPath: 'vectors.tsv',
    metadataPath: 'metadata.tsv',
    ...(sprite && { sprite: { imagePath: 'sprite.png', singleImageDim: [sprite.side, sprite.side] } }),
  };
  const files: readonly (readonly [name: string, contents: string | Uint8Array])[] = [
    ['vectors.tsv', `${lines.join('\n')}\n`],
    ['metadata.tsv', metadataTable(metadata, rows)],
    ...(sprite ? [['sprite.png', sprite.png] as const] : []),
    ['projector_config.json', `${JSON.stringify({ embeddings: [shown] }, null, 2)}\n`],
    ['projector_config.pbtxt', textOf(title, [rows, dim], sprite?.side)],
  ];
  for (const [name, contents] of files) await write(join(folder, name), contents);
  return files.map(([name]) => join(folder, name));
}

/** The same in protobuf's text form (tensorboard's projector_config.proto). */
function textOf(title: string, shape: readonly number[], side: number | undefined): string {
  const lines = [
    `tensor_name: ${JSON.stringify(title)}`,
    ...shape.map((size) => `tensor_shape: ${size}`),
    'tensor_path: "vectors.tsv"',
    'metadata_path: "metadata.tsv"',
    ...(side === undefined
      ? []
      : [`sprite { image_path: "sprite.png" single_image_dim: ${side} single_image_dim: ${side} }`]),
  ];
  return `embeddings {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

/** As the Projector reads it: no quotes, no tabs or line ends in a value, and no line of names above a single column. */
function metadataTable(columns: readonly ImageColumn[], rows: number): string {
  const clean = (text: string) => text.replaceAll(/[\t\r\n]+/g, ' ');
  const lines = Array.from({ length: rows }, (_, row) => columns.map(({ values }) => clean(values[row] ?? '')));
  if (columns.length > 1) lines.unshift(columns.map(({ name }) => clean(name)));
  return `${lines.map((line) => line.join('\t')).join('\n')}\n`;
}

/** Of as many images as there are rows; small enough for browsers. */
const spriteSide = (rows: number): number =>
  Math.min(THUMBNAIL_SIDE, Math.floor(MOST_SPRITE_SIDE / Math.ceil(Math.sqrt(rows))));

export async function spriteOf(dataset: Pick<ImageDataset, 'read'>, images: ArrayLike<number>): Promise<Sprite> {
  const side = spriteSide(images.length);
  return composedSprite((await thumbnails(dataset, images, side)).pixels, images.length, side);
}

/** @param pixels RGB, [images, side, side, 3] */
async function composedSprite(pixels: Uint8Array, images: number, side: number): Promise<Sprite> {
  const across = Math.ceil(Math.sqrt(images));
  const stride = across * side * 3;
  const whole = new Uint8Array(across * side * stride);
  for (let place = 0; place < images; place++) {
    const left = (place % across) * side * 3;
    const top = Math.floor(place / across) * side;
    for (let y = 0; y < side; y++) {
      const from = (place * side + y) * side * 3;
      whole.set(pixels.subarray(from, from + side * 3), (top + y) * stride + left);
    }
  }
  const raw = { width: across * side, height: across * side, channels: 3 } as const;
  return { png: await sharp(whole, { raw }).png().toBuffer(), side };
}
