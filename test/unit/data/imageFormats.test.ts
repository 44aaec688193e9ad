// Small files of every kind, and Pillow 13.0.0's answers to them: test/reference/images/make.py makes both.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readImage } from '../../../src/data/image.js';

type Answer = { readonly size: readonly [number, number]; readonly rgb: string } | { readonly refused: string };

const folder = join(import.meta.dirname, '../../reference/images');
const answers: Readonly<Record<string, Answer>> = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8'));

/** How far a value of 0 to 255 may be from Pillow's; all that is not named is the same to the bit. */
function tolerance(name: string): number {
  if (/avif$/.test(name)) return 3;
  if (/^lab/.test(name)) return 5;
  if (/^ycbcr/.test(name)) return 3;
  return /alpha|associated|rgba|transparency/.test(name) ? 1 : 0;
}

test('every file has an answer', () => {
  const files = readdirSync(folder).filter((name) => !['answers.json', 'make.py'].includes(name));
  expect(files.sort()).toEqual(Object.keys(answers).sort());
});

test.each(Object.entries(answers))('%s', async (name, answer) => {
  const reading = readImage(join(folder, name), name, 3);
  if ('refused' in answer) {
    await expect(reading).rejects.toThrow(answer.refused);
    return;
  }
  const { width, height, data } = await reading;
  expect([width, height]).toEqual(answer.size);
  const expected = Buffer.from(answer.rgb, 'base64');
  expect(data.length).toBe(expected.length);
  const farthest = data.reduce((most, value, at) => Math.max(most, Math.abs(value - (expected[at] as number))), 0);
  expect(farthest).toBeLessThanOrEqual(tolerance(name));
});
