/** Small images and a tiny network, for tests that really train. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** PNGs of 40 x 40 pixels, in two classes: stripes that lie, and stripes that stand. */
export async function writeImages(folder: string, count: number): Promise<string> {
  for (let index = 0; index < count; index++) {
    const standing = index % 2 === 1;
    const classFolder = join(folder, standing ? 'standing' : 'lying');
    mkdirSync(classFolder, { recursive: true });
    const data = Uint8Array.from({ length: 40 * 40 * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3);
      const along = standing ? pixel % 40 : Math.floor(pixel / 40);
      return 128 + 100 * Math.sin(along * (0.3 + 0.05 * index) + (i % 3) + index);
    });
    await sharp(data, { raw: { width: 40, height: 40, channels: 3 } })
      .png()
      .toFile(join(classFolder, `${index}.png`));
  }
  return folder;
}

/** The reference's network, with drop path; with 24 images an epoch has 6 steps. */
export const TINY = {
  method: 'dino',
  embed_dim: 48,
  depth: 3,
  num_heads: 3,
  patch_size: 8,
  image_size: 32,
  local_size: 16,
  local_crops_number: 4,
  out_dim: 96,
  head_hidden_dim: 64,
  head_bottleneck_dim: 32,
  batch_size: 4,
  epochs: 2,
  drop_path_rate: 0.2,
  lr: 0.05,
  // All that a preset would choose for so few images.
  momentum_teacher: 0.97,
  warmup_teacher_temp: 0.02,
  teacher_temp: 0.02,
  center_momentum: 0.9,
  warmup_epochs: 1,
  freeze_last_layer: 1,
  saveckp_freq: 20,
  local_crops_scale: [0.05, 0.4],
  blur_radius: [0.1, 2],
  num_workers: 1,
  engine: 'onnx',
} as const;

export const tinySettings = (changes: Readonly<Record<string, unknown>> = {}): string[] =>
  Object.entries({ ...TINY, ...changes }).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
