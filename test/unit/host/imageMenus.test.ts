import { expect, test } from 'vitest';
import { contributes } from '../../../package.json';
import { IMAGE_ENDINGS } from '../../../src/files/imageEndings.js';

test('the menus of image files are there for every ending that is read', () => {
  const conditions = JSON.stringify(contributes.menus).match(/resourceExtname =~ [^"]*/g) ?? [];
  expect(conditions.length).toBe(7);
  expect(new Set(conditions)).toEqual(new Set([`resourceExtname =~ /^\\\\.(${IMAGE_ENDINGS.join('|')})$/i`]));
});
