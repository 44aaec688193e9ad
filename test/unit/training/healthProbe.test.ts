/** How often features are probed, and what is seen of the images on the way. */
import { expect, test } from 'vitest';
import { probeInterval } from '../../../src/training/healthProbe.js';
import { imageFacts } from '../../../src/training/imageFacts.js';

const NETWORK = { batch_size: 16, image_size: 32, local_size: 16, local_crops_number: 4 };

test('probes add at most a twentieth to the work of the steps', () => {
  // A step: the teacher sees 2 crops of each image, the student as many and 4 of a quarter's area, three times as dear.
  const step = 16 * (2 + 3 * (2 + 4 / 4));
  for (const [images, computed] of [
    [512, 512],
    [480, 512],
    [65, 128],
    [64, 64],
    [10, 10],
  ] as const) {
    const interval = probeInterval(images, NETWORK);
    expect((2 * computed) / (interval * step)).toBeLessThanOrEqual(0.05);
    expect((2 * computed) / ((interval - 1) * step)).toBeGreaterThan(0.05);
  }
  expect(probeInterval(512, NETWORK)).toBe(117);
  expect(probeInterval(512, { ...NETWORK, local_crops_number: 0 })).toBe(160);
});

const SIDE = 16;
/** Gray values of an image, pixel by pixel, as three channels. */
const image = (value: (x: number, y: number) => number) =>
  Uint8ClampedArray.from({ length: SIDE * SIDE * 3 }, (_, i) =>
    value(Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)),
  );
const facts = (whole: readonly Uint8ClampedArray[], labels: readonly number[] = whole.map(() => -1)) =>
  imageFacts(
    {
      images: whole.length,
      indices: [...whole.keys()],
      labels: Int32Array.from(labels),
      whole,
      crops: whole,
      sizes: whole.map((_, i) => ({ width: 10 + i, height: 30 - i })),
    },
    3,
  );

test('images that look the same are counted, those that differ in detail too', () => {
  const left = image((x) => 10 * x);
  const right = image((x) => 150 - 10 * x);
  const up = image((_, y) => 10 * y);
  expect(facts([left, right, up]).alike).toBe(0);
  expect(facts([left, right, left]).alike).toBe(2);
  expect(facts([left, right, image((x) => 10 * x + 2)]).alike).toBe(2);
  expect(facts([left, right, image((x) => 10 * x + 3)]).alike).toBe(0);
  const checked = image((x, y) => 10 * x + ((x + y) % 2 === 0 ? 20 : -20));
  expect(facts([left.map((value) => value + 20), right, checked.map((value) => value + 20)]).alike).toBe(2);
});

test('images of one color are blank', () => {
  expect(facts([image(() => 0), image(() => 255), image((x) => (x % 2 === 0 ? 100 : 104))]).blank).toBe(3);
  expect(facts([image((x) => (x % 2 === 0 ? 100 : 105)), image((x) => 10 * x)]).blank).toBe(0);
});

test('sides and classes are those of the sample', () => {
  const some = [0, 1, 2, 3, 4].map((i) => image((x) => i * x));
  expect(facts(some, [0, 1, 1, -1, 1])).toMatchObject({ images: 5, medianSide: 12, largestClass: 3 });
  expect(facts(some)).toMatchObject({ largestClass: 0 });
});
