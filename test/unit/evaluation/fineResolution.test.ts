/** How large an image a network is given to look at. */
import { expect, test } from 'vitest';
import { fineResolution } from '../../../src/evaluation/fineResolution.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';

const small = vitOfDino({ patchSize: 4, inChans: 3, imageSize: 24, embedDim: 64, depth: 3, numHeads: 2 });
const vitS = vitOfDino({ patchSize: 16, inChans: 3, imageSize: 224, embedDim: 384, depth: 12, numHeads: 6 });
const vitB = vitOfDino({ patchSize: 8, inChans: 3, imageSize: 224, embedDim: 768, depth: 12, numHeads: 12 });

test('a quick network gets three times what it was trained on, in whole patches', () => {
  expect(fineResolution(small, 1000)).toBe(72);
  expect(fineResolution({ ...small, imageSize: 28, patchSize: 5 }, 1000)).toBe(80);
});

test('no more than the image has, and no less than it was trained on', () => {
  expect(fineResolution(small, 40)).toBe(40);
  expect(fineResolution(small, 43)).toBe(40);
  expect(fineResolution(small, 10)).toBe(24);
});

test('a slow network gets what it computes in time', () => {
  expect(fineResolution(vitS, 4000)).toBe(320);
  expect(fineResolution(vitB, 4000)).toBe(224);
});

test('a network with many patches is slowed down by their products with each other', () => {
  // 24 (49,152 tokens + 128 tokens ^ 2) operations: 2e10 are enough for 2,366 tokens, 48 a side.
  const manyPatches = { patchSize: 4, inChans: 3, imageSize: 112, embedDim: 64, depth: 12, numHeads: 2 };
  expect(fineResolution(vitOfDino(manyPatches), 4000)).toBe(192);
  expect(fineResolution(vitOfDino({ ...manyPatches, depth: 3 }), 4000), 'a quarter of the blocks').toBe(280);
});

test('one patch is the least, even where it is larger than the images of the training', () => {
  expect(fineResolution({ ...small, imageSize: 3 }, 2)).toBe(4);
  expect(fineResolution({ ...small, imageSize: 3 }, 100), 'three times three pixels have two patches a side').toBe(8);
});
