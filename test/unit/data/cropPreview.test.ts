import { expect, it } from 'vitest';
import { cropViews, makeCrop } from '../../../src/data/augmentation.js';
import type { AugmentationSpec } from '../../../src/data/batch.js';
import { previewCrops } from '../../../src/data/cropPreview.js';
import { normalize } from '../../../src/data/normalize.js';
import { cropStream } from '../../../src/data/randomness.js';
import { noiseImage } from './images.js';

const spec: AugmentationSpec = {
  ...{ crops: 'multi-crop', globalCropsScale: [0.4, 1], localCropsScale: [0.05, 0.4], localCropsNumber: 3 },
  ...{ blurRadius: [0.1, 2], jitterStrength: 1, solarizeProbability: 0.2, imageSize: 12, localSize: 6, channels: 3 },
};

it.each([1, 3] as const)('shows the crops that training makes of an image with %i channels', (channels) => {
  const image = noiseImage(40, 30, channels, 5);
  const { records, pixels } = previewCrops(image, spec, { seed: 7, epoch: 2, image: 11 });
  expect(records.map(({ kind, size }) => `${kind} ${size}`)).toEqual([
    ...['global 12', 'global 12'],
    ...['local 6', 'local 6', 'local 6'],
  ]);
  expect(pixels).toHaveLength((2 * 12 ** 2 + 3 * 6 ** 2) * channels);
  let start = 0;
  for (const [crop, view] of cropViews(spec).entries()) {
    const length = view.size ** 2 * channels;
    const trained = new Float32Array(length);
    expect(makeCrop(image, view, cropStream(7, 2, 11, crop), trained, 0)).toEqual(records[crop]);
    const shown = new Float32Array(length);
    normalize(pixels.slice(start, start + length), channels, view.size ** 2, shown, 0);
    expect(shown).toEqual(trained);
    start += length;
  }
});
