import { describe, expect, it } from 'vitest';
import { type CropRecord, cropName, recipeOf, seenBy } from '../../../webview/previews/recipe.js';

const plain: CropRecord = {
  kind: 'local',
  size: 96,
  box: { left: 10, top: 20, width: 100, height: 50 },
  flipped: false,
  gray: false,
  solarized: false,
};
const image = { width: 500, height: 200 };

describe('what was done to a crop', () => {
  it('is told in the order in which it was done', () => {
    const record: CropRecord = {
      ...plain,
      flipped: true,
      jitter: {
        order: ['hue', 'contrast', 'brightness', 'saturation'],
        brightness: 0.6,
        contrast: 1.2345,
        saturation: 1,
        hue: -0.05,
      },
      gray: true,
      blurRadius: 1.234,
      solarized: true,
    };
    expect(recipeOf(record, image)).toEqual([
      '5.0 % of the area',
      '100 × 50 → 96 px',
      'flipped',
      'hue −18°, contrast × 1.23, brightness × 0.60, saturation × 1.00',
      'gray',
      'blurred, radius 1.23 px',
      'solarized',
    ]);
  });

  it('leaves out what was not done', () => {
    expect(recipeOf(plain, image)).toEqual(['5.0 % of the area', '100 × 50 → 96 px']);
  });

  it('knows which network sees it', () => {
    expect(seenBy(plain)).toBe('student');
    expect(seenBy({ ...plain, kind: 'global' })).toBe('student + teacher');
    expect([cropName({ ...plain, kind: 'global' }, 1), cropName(plain, 2)]).toEqual(['Global 2', 'Local 1']);
  });
});
