import { describe, expect, it } from 'vitest';
import { Wishes } from '../../../webview/shared/wishes.js';

/** Images that come when they are let through. */
function slowImages() {
  const asked: number[][] = [];
  const through: (() => void)[] = [];
  const arrived: number[] = [];
  const images = new Wishes<string>(
    (places) => {
      asked.push(places);
      return new Promise((resolve) => {
        through.push(() => resolve(places.map((place) => `image ${place}`)));
      });
    },
    (place) => arrived.push(place),
  );
  const letThrough = async () => {
    through.shift()?.();
    await new Promise(setImmediate);
  };
  return { images, asked, arrived, letThrough };
}

describe('Images that are to be seen', () => {
  it('are asked for once, also when they are wished for while they are under way', async () => {
    const { images, asked, arrived, letThrough } = slowImages();
    images.wish([0, 1]);
    images.wish([1, 2]);
    images.wish([0, 2]);
    await letThrough();
    await letThrough();
    images.wish([0, 1, 2]);
    expect(asked).toEqual([[0, 1], [2]]);
    expect(arrived).toEqual([0, 1, 2]);
    expect(images.get(2)).toBe('image 2');
  });

  it('are asked for again once those under way are of other images', async () => {
    const { images, asked, arrived, letThrough } = slowImages();
    images.wish([0, 1]);
    images.clear();
    images.wish([0]);
    await letThrough();
    expect(arrived).toEqual([]);
    await letThrough();
    expect(asked).toEqual([[0, 1], [0]]);
    expect(arrived).toEqual([0]);
  });
});
