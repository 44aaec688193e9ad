/** Images for the data tests, made when the tests run. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { onTestFinished } from 'vitest';
import type { Image } from '../../../src/data/image.js';

/** Noise from a linear congruential generator, the same that the reference values were computed on with Pillow. */
export function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

export function noiseImage(width: number, height: number, channels: 1 | 3, seed: number): Image {
  return { width, height, channels, data: noise(width * height * channels, seed) };
}

/** Short fingerprint of bytes, to compare with the reference. */
export function fingerprint(bytes: Uint8Array | Uint8ClampedArray): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** A folder that lives as long as the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dino-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), contents);
  }
}

/** A smooth color gradient, which JPEG keeps well. */
export function gradient(width: number, height: number): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[(y * width + x) * 3] = (255 * x) / width;
      data[(y * width + x) * 3 + 1] = (255 * y) / height;
      data[(y * width + x) * 3 + 2] = 80;
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** `count` small PNG files, 0.png, 1.png, ... */
export async function writePngs(folder: string, count: number, side = 24): Promise<void> {
  for (let index = 0; index < count; index++) {
    const { data, width, height } = noiseImage(side, side + (index % 5), 3, index + 1);
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, `${index}.png`));
  }
}

/** An IDX file: bytes with the given dimensions. */
export function idx(sizes: readonly number[], body: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(0x0800 + sizes.length, 0);
  for (const [dimension, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * dimension);
  return Buffer.concat([header, body]);
}
