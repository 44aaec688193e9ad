import { expect, test } from 'vitest';
import { attentionPictureName } from '../../../webview/attention/pictureName.js';

test('a picture that is saved has a name that every file system takes', () => {
  expect(attentionPictureName('lion.png', 'mean')).toBe('lion-attention-mean.png');
  expect(attentionPictureName('Bild 1: L\u00f6we?.jpeg', 2)).toBe('Bild-1-L\u00f6we-attention-head3.png');
  expect(attentionPictureName('../..\\*.png', 'mean')).toBe('picture-attention-mean.png');
  const long = attentionPictureName(`${'\u{1d400}'.repeat(300)}.png`, 'mean');
  expect(new TextEncoder().encode(long).length).toBeLessThanOrEqual(255);
  expect(long).not.toContain('\ufffd');
});
