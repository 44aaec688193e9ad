/** A video in the layout of DAVIS: a bright square that moves to the right, on dark stripes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';

const [WIDTH, HEIGHT] = [80, 64];
export const PALETTE: [number, number, number][] = [
  [0, 0, 0],
  [128, 0, 0],
];

interface MovingSquare {
  readonly frames: number;
  /** So many times as large. */
  readonly scale?: number;
  readonly ending?: 'png' | 'jpg';
  /** How many frames have annotations; absent: all. */
  readonly annotated?: number;
}

/** @returns the folders of frames and of annotations */
export async function writeMovingSquare(
  davis: string,
  name: string,
  { frames, scale = 1, ending = 'png', annotated = frames }: MovingSquare,
): Promise<{ readonly images: string; readonly labels: string }> {
  const images = join(davis, 'JPEGImages', '480p', name);
  const labels = join(davis, 'Annotations', '480p', name);
  for (const folder of [images, labels]) mkdirSync(folder, { recursive: true });
  const [width, height] = [WIDTH * scale, HEIGHT * scale];
  for (let frame = 0; frame < frames; frame++) {
    const isObject = (pixel: number) => {
      const [x, y] = [(pixel % width) / scale, Math.floor(pixel / width) / scale];
      return x >= 16 + 2 * frame && x < 40 + 2 * frame && y >= 16 && y < 48;
    };
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
      isObject(Math.floor(i / 3)) ? 250 : 40 + 30 * Math.sin(i / 11),
    );
    const stem = `${frame}`.padStart(5, '0');
    await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(join(images, `${stem}.${ending}`));
    if (frame >= annotated) continue;
    const data = Uint8Array.from({ length: width * height }, (_, pixel) => (isObject(pixel) ? 1 : 0));
    writeFileSync(
      join(labels, `${stem}.png`),
      encode({ width, height, data, channels: 1, depth: 8, palette: PALETTE }),
    );
  }
  return { images, labels };
}
