import { expect, it } from 'vitest';
import { patchOf, placeBeside } from '../../../webview/attention/place.js';

const grid = { rows: 2, columns: 4 };

it('A place lies in the patch that covers it; the last patch has the edge', () => {
  expect(patchOf({ x: 0, y: 0 }, grid)).toBe(0);
  expect(patchOf({ x: 0.5, y: 0.49 }, grid)).toBe(2);
  expect(patchOf({ x: 1, y: 1 }, grid)).toBe(7);
});

it('A step goes to the middle of the patch beside, and not beyond the image', () => {
  expect(placeBeside({ x: 0.3, y: 0.1 }, [1, 1], grid)).toEqual({ x: 0.625, y: 0.75 });
  expect(placeBeside({ x: 0.3, y: 0.1 }, [0, -1], grid)).toEqual({ x: 0.375, y: 0.25 });
  expect(placeBeside({ x: 1, y: 1 }, [1, 0], grid)).toEqual({ x: 0.875, y: 0.75 });
});
