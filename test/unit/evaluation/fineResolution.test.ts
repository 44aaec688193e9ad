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
