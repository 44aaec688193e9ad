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

it('An image that has its size already is given back, and one of another width or height is made anew', () => {
  const given = image(5, 6);
  expect(resized(given, 5, 6, 'lanczos')).toBe(given);
  expect(sizeOf(resized(given, 5, 7, 'lanczos'))).toEqual([5, 7]);
  expect(sizeOf(resized(given, 4, 6, 'lanczos'))).toEqual([4, 6]);
  const gray = { width: 2, height: 1, channels: 1, data: Uint8Array.of(10, 30) };
  expect(resized(gray, 1, 1, 'bilinear')).toEqual({ width: 1, height: 1, channels: 1, data: Uint8Array.of(20) });
});

it('A thumbnail of an image whose longer side fits is the image, and of two whole numbers the side has what keeps the ratio', () => {
  for (const fitting of [image(50, 50), image(50, 1), image(1, 50)])
    expect(thumbnail(fitting, 50, 'bicubic')).toBe(fitting);
  expect(sizeOf(thumbnail(image(51, 50), 50, 'bicubic'))).toEqual([50, 49]);
  expect(sizeOf(thumbnail(image(50, 51), 50, 'bicubic'))).toEqual([49, 50]);
  expect(sizeOf(thumbnail(image(60, 60), 50, 'bicubic'))).toEqual([50, 50]);
  // 3.6 and 3.4 pixels: 10 to 4 is nearer to 2.78 than 10 to 3 is, and 10 to 3 to 2.94.
  expect(sizeOf(thumbnail(image(100, 36), 10, 'bicubic'))).toEqual([10, 4]);
  expect(sizeOf(thumbnail(image(100, 34), 10, 'bicubic'))).toEqual([10, 3]);
  expect(sizeOf(thumbnail(image(36, 100), 10, 'bicubic'))).toEqual([4, 10]);
  expect(sizeOf(thumbnail(image(34, 100), 10, 'bicubic'))).toEqual([3, 10]);
  expect(sizeOf(thumbnail(image(1, 1000), 10, 'bicubic'))).toEqual([1, 10]);
});

it('Planes are of the part of a buffer that the image has', () => {
  const data = Uint8Array.of(9, 9, 9, 0, 255, 9).subarray(3, 5);
  const { data: planes } = normalizedPlanes({ width: 1, height: 2, channels: 1, data });
  const [mean, std] = [(0.485 + 0.456 + 0.406) / 3, (0.229 + 0.224 + 0.225) / 3];
  expect(Array.from(planes)).toEqual([-mean / std, (1 - mean) / std].map((value) => expect.closeTo(value, 5)));
});
