import { expect, it } from 'vitest';
import { imagesByName, stemOf } from '../../../src/evaluation/namedImages.js';
import { normalizedPlanes, resized, thumbnail } from '../../../src/evaluation/preparedImage.js';

const image = (width: number, height: number) => ({
  width,
  height,
  channels: 3,
  data: new Uint8Array(width * height * 3).fill(200),
});
const sizeOf = ({ width, height }: { width: number; height: number }) => [width, height];

it('A thumbnail keeps the ratio as Pillow rounds it, and enlarges nothing', () => {
  expect(sizeOf(thumbnail(image(1024, 768), 224, 'lanczos'))).toEqual([224, 168]);
  expect(sizeOf(thumbnail(image(37, 100), 50, 'lanczos'))).toEqual([18, 50]);
  expect(sizeOf(thumbnail(image(1000, 1), 10, 'lanczos'))).toEqual([10, 1]);
  expect(sizeOf(thumbnail(image(20, 30), 50, 'lanczos'))).toEqual([20, 30]);
});

it.each(['lanczos', 'bilinear', 'bicubic'] as const)(
  'Nothing but its own level comes of a plain image: %s',
  (kernel) => {
    expect(new Set(resized(image(9, 7), 5, 6, kernel).data)).toEqual(new Set([200]));
  },
);

it('Planes are normalized by channel', () => {
  const { data, planes, width, height } = normalizedPlanes(image(2, 1));
  expect([planes, height, width]).toEqual([3, 1, 2]);
  expect(data[0]).toBeCloseTo((200 / 255 - 0.485) / 0.229, 5);
  expect(data[5]).toBeCloseTo((200 / 255 - 0.406) / 0.225, 5);
});

it('Images are found by path and by name, with their ending or without, unless several are called so', () => {
  const names = ['x/a.png', 'y/b.jpg', 'z/b.jpg', 'c.d.png'];
  const find = imagesByName({ size: names.length, nameOf: (index) => names[index] ?? '' });
  expect(['x/a.png', 'x/a', 'a.png', 'a', 'c.d', 'z/b'].map(find)).toEqual([0, 0, 0, 0, 3, 2]);
  expect(['b', 'b.jpg', 'nope', 'c'].map(find)).toEqual([undefined, undefined, undefined, undefined]);
  expect(stemOf('x/a.b.png')).toBe('a.b');
});
