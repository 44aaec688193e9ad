/** Looks at a run while it trains, which never end it, and the labeled images that they are of. */
import { describe, expect, it, vi } from 'vitest';
import type { ImageDataset } from '../../../src/data/dataset.js';
import { UnreadableImageError } from '../../../src/data/image.js';
import { readLabeledPixels } from '../../../src/training/labeledPixels.js';
import { unlessItFails } from '../../../src/training/unlessItFails.js';

describe('a look at a run', () => {
  async function look(failure: unknown, stop = new AbortController().signal) {
    const [log, end] = [vi.fn(), vi.fn(async () => undefined)];
    const looked = unlessItFails({ stop, log }, 'nothing is looked at any more', () => Promise.reject(failure), end);
    const error = await looked.then(
      () => undefined,
      (error: unknown) => error,
    );
    return { error, said: log.mock.calls, ends: end.mock.calls.length };
  }

  it('that fails is the last one, and the run goes on', async () => {
    expect(await look(new Error('the disk is full'))).toEqual({
      error: undefined,
      said: [['warn', 'nothing is looked at any more: the disk is full']],
      ends: 1,
    });
  });

  it('that succeeds is not the last one', async () => {
    const [log, end] = [vi.fn(), vi.fn()];
    await unlessItFails({ stop: new AbortController().signal, log }, 'nothing', async () => undefined, end);
    expect([log.mock.calls, end.mock.calls]).toEqual([[], []]);
  });

  it('stops with the run, but one that fails while the run is stopped has failed', async () => {
    const reason = new Error('stopped');
    const { error, said, ends } = await look(reason, AbortSignal.abort(reason));
    expect([error, said, ends]).toEqual([reason, [], 0]);
    const failed = await look(new Error('the disk is full'), AbortSignal.abort(reason));
    expect([failed.error, failed.ends]).toEqual([undefined, 1]);
    expect((await look(undefined)).error).toBeUndefined();
  });
});

describe('labeled images', () => {
  const SETTINGS = { image_size: 8, in_chans: 3 };
  /** Images of one gray, which is the index; `broken` cannot be read. */
  const dataset = (broken: number, error: Error) =>
    ({
      read: async (index: number) => {
        if (index === broken) throw error;
        return { width: 10, height: 12, channels: 3, data: new Uint8Array(10 * 12 * 3).fill(index) };
      },
    }) as unknown as ImageDataset;
  const read = (error: Error) =>
    readLabeledPixels(dataset(7, error), Int32Array.of(5, 7, 9), (image, place) => 100 * image + place, SETTINGS);

  it('are those that can be read, with their labels', async () => {
    const images = await read(new UnreadableImageError('7.png', 'it is cut off'));
    expect(images.map(({ label }) => label)).toEqual([500, 902]);
    expect(images.map(({ pixels }) => [pixels.length, new Set(pixels)])).toEqual([
      [8 * 8 * 3, new Set([5])],
      [8 * 8 * 3, new Set([9])],
    ]);
  });

  it('fail with any other error, when they are awaited', async () => {
    const failure = new Error('the disk is gone');
    const reading = read(failure);
    await new Promise((resolve) => setTimeout(resolve, 10));
    await expect(reading).rejects.toBe(failure);
  });
});
