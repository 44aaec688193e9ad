import { expect, test } from 'vitest';
import { mapFileName } from '../../../webview/attention/imageName.js';

test('an image that is saved has a name that every file system takes', () => {
  expect(mapFileName('lion.png', 'mean')).toBe('lion-attention-mean.png');
  expect(mapFileName('Bild 1: L\u00f6we?.jpeg', 2)).toBe('Bild-1-L\u00f6we-attention-head3.png');
  expect(mapFileName('lion.png', 'patches')).toBe('lion-patches.png');
  expect(mapFileName('../..\\*.png', 'mean')).toBe('image-attention-mean.png');
  const long = mapFileName(`${'\u{1d400}'.repeat(300)}.png`, 'mean');
  expect(new TextEncoder().encode(long).length).toBeLessThanOrEqual(255);
  expect(long).not.toContain('\ufffd');
});
