/** What a training draws of a network that looks at an image. */
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { drawInsight } from '../../../src/evaluation/insightDrawing.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';

it('has the image, gray or in color, and beside it where the last stage is most active', async () => {
  const resnet = { block: 'basic', layers: [1, 1, 1, 1], width: 1, inChans: 1, imageSize: 16 } as const;
  // Eight channels, of which the last is active at the right alone.
  const data = new Float32Array(8 * 2);
  data[15] = 3;
  const activations = { shape: [1, 8, 1, 2], dtype: 'float32' as const, data };
  const gray = { width: 16, height: 16, channels: 1, data: new Uint8Array(16 * 16).fill(120) };
  const drawing = await drawInsight({ kind: 'resnet', ...resnet }, { activations }, gray);
  expect([drawing.width, drawing.height]).toEqual([2 * 160 + 6, 160]);
  const { data: pixels, info } = await sharp(drawing.png).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([drawing.width, drawing.height]);
  const at = (x: number, y: number) => [...pixels.subarray((y * info.width + x) * info.channels).subarray(0, 3)];
  expect(at(80, 80)).toEqual([120, 120, 120]);
  const [quiet, active] = [at(166 + 40, 80), at(166 + 120, 80)];
  expect(active[0]).toBeGreaterThan((quiet[0] ?? 255) + 100);
});

it('has what the last block of a Vision Transformer attends to, patch by patch', async () => {
  const vit = vitOfDino({ patchSize: 8, inChans: 3, imageSize: 16, embedDim: 1, depth: 2, numHeads: 1 });
  // The query of the CLS token agrees with the key of the last of four patches.
  const floats = (...values: number[]) => ({
    shape: [1, 1, 5, 1],
    dtype: 'float32' as const,
    data: Float32Array.from(values),
  });
  const outputs = { 'query.1': floats(9, 0, 0, 0, 0), 'key.1': floats(0, 0, 0, 0, 9) };
  const color = { width: 16, height: 16, channels: 3, data: new Uint8Array(16 * 16 * 3).fill(120) };
  const { png, width } = await drawInsight({ kind: 'vit', ...vit }, outputs, color);
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const red = (x: number, y: number) => data[(y * width + x) * info.channels] ?? Number.NaN;
  for (const [x, y] of [
    [40, 40],
    [120, 40],
    [40, 120],
  ] as const)
    expect(red(166 + x, y)).toBeLessThan(100);
  expect(red(166 + 120, 120)).toBeGreaterThan(180);
});
