/** Images that commands write, in the format that the file's ending names. */
import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { InvalidArgumentError } from 'commander';
import sharp from 'sharp';
import { fileProblem } from '../files/fileProblem.js';

const FORMATS = {
  '.png': undefined,
  '.jpg': (png: Buffer) => onWhite(png).jpeg({ quality: 92 }).toBuffer(),
  '.jpeg': (png: Buffer) => onWhite(png).jpeg({ quality: 92 }).toBuffer(),
  '.webp': (png: Buffer) => sharp(png).webp({ quality: 92 }).toBuffer(),
} as const;

/** JPEG has no transparency. */
const onWhite = (png: Buffer) => sharp(png).flatten({ background: '#ffffff' });

const endingOf = (file: string): keyof typeof FORMATS | undefined => {
  const ending = extname(file).toLowerCase();
  return Object.keys(FORMATS).includes(ending) ? (ending as keyof typeof FORMATS) : undefined;
};

/** The file of `--out`. */
export function parseImageOut(file: string): string {
  if (endingOf(file) !== undefined) return file;
  throw new InvalidArgumentError(
    `It must end in ${Object.keys(FORMATS).join(', ')}, which says in which format the image is written.`,
  );
}

/** Writes an image in the format of the file's ending. @throws Error with one sentence */
export async function writeImage(file: string, png: Buffer): Promise<void> {
  const ending = endingOf(file);
  const bytes = (ending && (await FORMATS[ending]?.(png))) ?? png;
  await writeFile(file, bytes).catch((error: unknown) => {
    throw new Error(`The image ${file} cannot be written: ${fileProblem(error)}.`);
  });
}
