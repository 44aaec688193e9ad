/** What is said of a data set before anything is decided. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { surveyData } from '../../../src/training/survey.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { writeImages } from './images.js';

it('says how many images there are, how large, and which preset suits them', async () => {
  const data = await writeImages(join(temporaryFolder(), 'images'), 4);
  expect(await surveyData(data)).toEqual({
    images: 4,
    medianSize: { width: 40, height: 40 },
    preset: 'dinov2-few-images',
  });
});

it('says what is not read', async () => {
  const data = await writeImages(join(temporaryFolder(), 'images'), 2);
  for (const name of ['a.heic', 'b.heic', 'c.svg']) writeFileSync(join(data, name), 'x');
  expect(await surveyData(data)).toMatchObject({ images: 2, leftOut: expect.stringMatching(/2 \.heic.*1 \.svg/) });
});

it('leaves the size out where no image can be read', async () => {
  const data = temporaryFolder();
  writeFileSync(join(data, 'broken.png'), 'x');
  expect(await surveyData(data)).toEqual({ images: 1, preset: 'dinov2-few-images' });
});
