import { describe, expect, it } from 'vitest';
import { tagCorners } from '../../../webview/previews/tagCorners.js';

const TAG = { width: 28, height: 18 };
const box = (left: number, top: number, width = 200, height = 100) => ({ left, top, width, height });

describe('the corners at which the names of boxes stand', () => {
  it('is the top left while nothing is hidden', () => {
    expect(tagCorners([box(0, 0), box(50, 50)], TAG)).toEqual(['top-left', 'top-left']);
  });

  it('is the next free one where a name would hide another', () => {
    expect(tagCorners([box(0, 0), box(4, 4), box(8, 8), box(2, 2)], TAG)).toEqual([
      'top-left',
      'top-right',
      'bottom-left',
      'bottom-right',
    ]);
  });

  it('is the top left where none is free', () => {
    const same = Array.from({ length: 5 }, () => box(0, 0));
    expect(tagCorners(same, TAG)[4]).toBe('top-left');
  });
});
