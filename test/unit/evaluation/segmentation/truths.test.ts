import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  isBlackAndWhite,
  labelPng,
  readLabels,
  whiteAsObject,
} from '../../../../src/evaluation/segmentation/labelImage.js';
import { Truths } from '../../../../src/evaluation/segmentation/truths.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

const palette = (count: number): [number, number, number][] => Array.from({ length: count }, (_, i) => [255 - i, i, 7]);

function write(name: string, labels: readonly number[], width: number): string {
  const path = join(folder, name);
  const data = Uint8Array.from(labels);
  writeFileSync(
    path,
    encode({ width, height: labels.length / width, data, channels: 1, depth: 8, palette: palette(256) }),
  );
  return path;
}

describe('labels', () => {
  it('are the indices of a palette, whatever its colors', async () => {
    expect(await readLabels(write('a.png', [0, 1, 15, 255], 2))).toEqual({
      width: 2,
      height: 2,
      labels: Uint8Array.of(0, 1, 15, 255),
      palette: palette(256),
    });
  });

  it('are written with their palette, and with that of VOC where it ends', async () => {
    const path = join(folder, 'written.png');
    writeFileSync(
      path,
      labelPng({
        width: 2,
        height: 1,
        labels: Uint8Array.of(1, 255),
        palette: [
          [0, 0, 0],
          [9, 8, 7],
        ],
      }),
    );
    const { labels, palette: colors } = await readLabels(path);
    expect(labels).toEqual(Uint8Array.of(1, 255));
    // As VOC's development kit has them.
    expect([1, 2, 3, 8, 20, 255].map((label) => colors?.[label])).toEqual([
      [9, 8, 7],
      [0, 128, 0],
      [128, 128, 0],
      [64, 0, 0],
      [0, 64, 128],
      [224, 224, 192],
    ]);
  });

  it('are written without a palette with that of VOC', async () => {
    const path = join(folder, 'plain.png');
    writeFileSync(path, labelPng({ width: 2, height: 1, labels: Uint8Array.of(0, 1) }));
    const { palette: colors } = await readLabels(path);
    expect([0, 1, 2].map((label) => colors?.[label])).toEqual([
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 0],
    ]);
  });

  it('may be gray', async () => {
    const path = join(folder, 'gray.png');
    await sharp(Uint8Array.of(0, 1, 255), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(path);
    expect((await readLabels(path)).labels).toEqual(Uint8Array.of(0, 1, 255));
  });

  it.each([1, 2, 4] as const)('may share bytes: %i bits each', async (depth) => {
    const path = join(folder, 'packed.png');
    // Two colors, which sharp packs into so few bits.
    const pixels = Uint8Array.from({ length: 11 * 2 * 3 }, (_, i) => (Math.floor(i / 3) % 3 === 0 ? 200 : 10));
    await sharp(pixels, { raw: { width: 11, height: 2, channels: 3 } })
      .png({ palette: true, colours: 2 ** depth, dither: 0 })
      .toFile(path);
    const { labels } = await readLabels(path);
    expect([...labels].map((label) => label === labels[0])).toEqual(Array.from({ length: 22 }, (_, i) => i % 3 === 0));
  });

  it('that share bytes begin each row with a byte of its own, the first in the upper bits', async () => {
    const path = join(folder, 'packed.png');
    for (const [depth, given, labels] of [
      [
        1,
        [0b10110000, 0b00100000, 0b01000000, 0b11100000],
        [1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1],
      ],
      [4, [0x1f, 0x20, 0x30, 0x4a, 0x50, 0x60], [1, 15, 2, 0, 3, 4, 10, 5, 0, 6]],
    ] as const) {
      const width = labels.length / 2;
      writeFileSync(path, encode({ width, height: 2, data: Uint8Array.from(given), channels: 1, depth }));
      expect((await readLabels(path)).labels, `${depth} bits`).toEqual(Uint8Array.from(labels));
    }
  });

  it('of 16 bits are refused', async () => {
    const path = join(folder, 'deep.png');
    writeFileSync(path, encode({ width: 2, height: 1, data: Uint16Array.of(0, 1), channels: 1, depth: 16 }));
    await expect(readLabels(path)).rejects.toThrow(`The mask ${path} has colors or 16 bits`);
  });

  it('are black and white with 0 and 255 alone, of which 255 must be among them', () => {
    const is = (...labels: number[]) => isBlackAndWhite({ labels: Uint8Array.from(labels) });
    expect([is(0, 255), is(255, 255), is(0, 0), is(0, 1), is(0, 1, 255), is(255, 254)]).toEqual([
      ...[true, true, false],
      ...[false, false, false],
    ]);
    const mask = { width: 3, height: 1, labels: Uint8Array.of(0, 255, 7) };
    expect(whiteAsObject(mask)).toEqual({ ...mask, labels: Uint8Array.of(0, 1, 7) });
    expect(mask.labels).toEqual(Uint8Array.of(0, 255, 7));
  });

  it('are refused where they are colors, or no PNG', async () => {
    const path = join(folder, 'color.png');
    await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
      .png()
      .toFile(path);
    await expect(readLabels(path)).rejects.toThrow(`The mask ${path} has colors or 16 bits`);
    writeFileSync(path, 'torn');
    await expect(readLabels(path)).rejects.toThrow(`The mask ${path} is no PNG that can be read`);
    await expect(readLabels(join(folder, 'gone.png'))).rejects.toThrow('cannot be read: it does not exist.');
  });
});

describe('given masks', () => {
  const dataset = { path: '/images', size: 2, nameOf: (index: number) => ['x/one.jpg', 'two.png'][index] ?? '' };
  const size = { width: 2, height: 1 };

  it('belong to the images of their names', async () => {
    write('one.png', [0, 3], 2);
    const truths = await Truths.open(folder, dataset);
    expect([truths.has('x/one.jpg'), truths.has('two.png')]).toEqual([true, false]);
    expect((await truths.of('x/one.jpg', size, () => undefined)).labels).toEqual(Uint8Array.of(0, 3));
  });

  it('that are black and white have no void', async () => {
    write('one.png', [0, 255], 2);
    const said: string[] = [];
    const truths = await Truths.open(folder, dataset);
    expect((await truths.of('one.jpg', size, (message) => said.push(message))).labels).toEqual(Uint8Array.of(0, 1));
    expect(said).toEqual([expect.stringContaining('255 is the object and not void.')]);
  });

  it('of another size are refused', async () => {
    const path = write('two.png', [0, 1, 1], 3);
    const truths = await Truths.open(folder, dataset);
    await expect(truths.of('two.png', size, () => undefined)).rejects.toThrow(
      `The mask ${path} has 3 x 1 pixels, but its image two.png has 2 x 1.`,
    );
  });

  it('keep their void where they have an object', async () => {
    write('one.png', [0, 255, 3, 0], 2);
    const said: string[] = [];
    const truths = await Truths.open(folder, dataset);
    const { labels } = await truths.of('x/one.jpg', { width: 2, height: 2 }, (message) => said.push(message));
    expect([labels, said]).toEqual([Uint8Array.of(0, 255, 3, 0), []]);
  });

  it('of another height alone, or another width alone, are refused', async () => {
    write('two.png', [0, 1, 1, 0, 1, 1], 3);
    const truths = await Truths.open(folder, dataset);
    const of = (width: number, height: number) => truths.of('two.png', { width, height }, () => undefined);
    await expect(of(3, 3)).rejects.toThrow('has 3 x 2 pixels, but its image two.png has 3 x 3.');
    await expect(of(2, 2)).rejects.toThrow('has 3 x 2 pixels, but its image two.png has 2 x 2.');
    expect(await of(3, 2)).toMatchObject({ width: 3, height: 2 });
  });

  it('are PNGs, in capitals too, and nothing else', async () => {
    for (const name of ['one.png.txt', 'two.jpg', 'onepng']) writeFileSync(join(folder, name), '');
    await expect(Truths.open(folder, dataset)).rejects.toThrow(`The folder ${folder} has no masks`);
    const path = write('one.PNG', [0, 3], 2);
    const truths = await Truths.open(folder, dataset);
    expect([truths.has('x/one.jpg'), truths.has('two.png')]).toEqual([true, false]);
    expect((await truths.of('x/one.jpg', size, () => undefined)).labels).toEqual(Uint8Array.of(0, 3));
    await expect(truths.of('x/one.jpg', { width: 1, height: 1 }, () => undefined)).rejects.toThrow(
      `The mask ${path} has`,
    );
  });

  it('of an image that has none are missed by their name', async () => {
    write('one.png', [0, 3], 2);
    const truths = await Truths.open(folder, dataset);
    await expect(truths.of('two.png', size, () => undefined)).rejects.toThrow(
      `The mask ${join(folder, 'two.png')} cannot be read: it does not exist.`,
    );
  });

  it('of the wrong name are refused', async () => {
    await expect(Truths.open(folder, dataset)).rejects.toThrow(`The folder ${folder} has no masks`);
    write('three.png', [0], 1);
    await expect(Truths.open(folder, dataset)).rejects.toThrow(
      `No mask in ${folder} has the name of an image in /images: x/one.jpg would need one.png, and there is three.png.`,
    );
    await expect(Truths.open(join(folder, 'gone'), dataset)).rejects.toThrow('cannot be read: it does not exist.');
  });
});
