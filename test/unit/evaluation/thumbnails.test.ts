import { describe, expect, it } from 'vitest';
import type { Image } from '../../../src/data/image.js';
import { thumbnails } from '../../../src/evaluation/thumbnails.js';
import { datasetOf, plain } from './surroundings.js';

/** Its long side 12 pixels: four each of 10, 20 and 30. */
function striped(isWide: boolean): Image {
  const [width, height] = isWide ? [12, 4] : [4, 12];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return 10 * (1 + Math.floor((isWide ? pixel % width : pixel / width) / 4));
  });
  return { width, height, channels: 3, data };
}

describe('Thumbnails', () => {
  it('are the central squares, in the order that was asked for', async () => {
    const images = [striped(true), striped(false), plain(77)];
    const dataset = datasetOf([], { size: 3, read: async (index) => images[index] as Image });
    const { pixels, unreadable } = await thumbnails(dataset, [2, 0, 1], 4);
    expect(pixels).toHaveLength(3 * 4 * 4 * 3);
    expect(new Set(pixels.subarray(0, 48))).toEqual(new Set([77]));
    expect(new Set(pixels.subarray(48))).toEqual(new Set([20]));
    expect(unreadable).toEqual([]);
  });

  it('leave out a pixel more at the right and at the bottom where the margin is odd', async () => {
    // Of seven by four pixels the second to the fifth column, each of its own level.
    const levels = (width: number, height: number, of: (column: number, row: number) => number): Image => ({
      ...{ width, height, channels: 3 },
      data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
        const pixel = Math.floor(i / 3);
        return of(pixel % width, Math.floor(pixel / width));
      }),
    });
    const images = [levels(7, 4, (column) => 10 * column), levels(4, 7, (_, row) => 10 * row)];
    const dataset = datasetOf([], { size: 2, read: async (index) => images[index] as Image });
    const { pixels } = await thumbnails(dataset, [0, 1], 4);
    const levelAt = (image: number, x: number, y: number) => pixels[((image * 4 + y) * 4 + x) * 3];
    expect([0, 1, 2, 3].map((x) => levelAt(0, x, 2))).toEqual([10, 20, 30, 40]);
    expect([0, 1, 2, 3].map((y) => levelAt(1, 2, y))).toEqual([10, 20, 30, 40]);
  });

  it('are gray where an image cannot be read, and name it', async () => {
    const { pixels, unreadable } = await thumbnails(datasetOf([9, undefined]), [1, 0], 2);
    expect([...pixels]).toEqual([...new Array(12).fill(128), ...new Array(12).fill(9)]);
    expect(unreadable).toEqual(['The image image 1 cannot be read: it is torn.']);
  });

  it('read eight at a time, all in the end', async () => {
    let [reading, most, all] = [0, 0, 0];
    const dataset = datasetOf([], {
      size: 20,
      read: async (index, channels) => {
        most = Math.max(most, ++reading);
        await new Promise(setImmediate);
        reading--;
        all++;
        return plain(index, channels);
      },
    });
    const { pixels } = await thumbnails(
      dataset,
      Array.from({ length: 19 }, (_, i) => i),
      1,
    );
    expect([most, all]).toEqual([8, 19]);
    expect([...pixels]).toEqual(Array.from({ length: 57 }, (_, i) => Math.floor(i / 3)));
  });

  it('end with what goes wrong otherwise', async () => {
    const dataset = datasetOf([1], { read: async () => Promise.reject(new Error('the disk is gone')) });
    await expect(thumbnails(dataset, [0], 2)).rejects.toThrow('the disk is gone');
  });
});
