/** Images that commands write, in the format that the file's ending names. */
import { extname } from 'node:path';
import { InvalidArgumentError } from 'commander';
import sharp from 'sharp';

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

/** @returns the bytes to write to `file` */
export async function imageFor(file: string, png: Buffer): Promise<Buffer> {
  const ending = endingOf(file);
  return (ending && (await FORMATS[ending]?.(png))) ?? png;
}
