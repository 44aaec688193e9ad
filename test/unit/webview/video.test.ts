import { describe, expect, it } from 'vitest';
import { frameShareOf, labeledSteps, nearestShare } from '../../../webview/shared/timeScale.js';
import { maskPixels } from '../../../webview/video/maskPixels.js';
import { frameText, objectsText, wholeText } from '../../../webview/video/scores.js';

const palette = [
  [0, 0, 0],
  [128, 0, 0],
];

describe('A mask', () => {
  const labels = Array.from({ length: 49 }, (_, at) => {
    const [row, column] = [Math.floor(at / 7), at % 7];
    return row >= 1 && row <= 5 && column >= 1 && column <= 5 ? 1 : 0;
  });
  const mask = { width: 7, height: 7, labels, palette };
  const alphaAt = (pixels: Uint8ClampedArray, row: number, column: number) => pixels[(row * 7 + column) * 4 + 3];

  it('is laid over in the colors of its palette, without its background', () => {
    const pixels = maskPixels(mask, false);
    expect(alphaAt(pixels, 0, 0)).toBe(0);
    expect([...pixels.subarray((3 * 7 + 3) * 4, (3 * 7 + 4) * 4)]).toEqual([128, 0, 0, 255]);
    const beyond = maskPixels({ ...mask, labels: labels.map((label) => 2 * label) }, false);
    expect([...beyond.subarray((3 * 7 + 3) * 4, (3 * 7 + 4) * 4)]).toEqual([255, 255, 255, 255]);
  });

  it('is an outline where the theme asks for it', () => {
    const pixels = maskPixels(mask, true);
    expect([alphaAt(pixels, 1, 3), alphaAt(pixels, 2, 2), alphaAt(pixels, 3, 3), alphaAt(pixels, 0, 3)]).toEqual([
      255, 255, 0, 0,
    ]);
  });
});

describe('The time line of a film', () => {
  it('has its frames as far from one to the next everywhere', () => {
    const frames = [1, 2, 3, 4, 5];
    expect(frames.map((frame) => frameShareOf(frame, 5))).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(frameShareOf(1, 1)).toBe(0);
    expect(nearestShare(frames, 5, 0.6, frameShareOf)).toBe(2);
    expect(labeledSteps(frames, 5, 2, 0.5, frameShareOf)).toEqual([0, 2, 4]);
  });
});

describe('J and F', () => {
  const scores = [
    { region: 0.8, contour: 0.6 },
    { region: 0.4, contour: 0.2 },
  ];

  it('of a frame are the means of its objects, each of which is told', () => {
    expect(frameText(scores)).toBe('This frame: J 60.0 % · F 40.0 %');
    expect(objectsText(scores)).toBe('Object 1: J 80.0 % · F 60.0 %\nObject 2: J 40.0 % · F 20.0 %');
    expect([frameText(undefined), objectsText(undefined), objectsText(scores.slice(1))]).toEqual(['', '', '']);
  });

  it('of all frames stand before the network', () => {
    const answer = { checkpointName: 'seen, step 3', notes: ['A note.'], whole: { region: 0.8, contour: 0.6 } };
    expect(wholeText(answer)).toBe('All frames: J&F 70.0 % (J 80.0 % · F 60.0 %). By seen, step 3. A note.');
    expect(wholeText({ checkpointName: 'seen', notes: [] })).toBe('By seen.');
  });
});
