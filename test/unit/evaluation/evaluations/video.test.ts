/** Labels carried through videos whose objects differ by their brightness, and fill whole patches. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { beforeEach, expect, it } from 'vitest';
import { video } from '../../../../src/evaluation/evaluations/video.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { computing, datasetOf, engineOfTokens } from '../surroundings.js';

let davis: string;
beforeEach(() => {
  davis = temporaryFolder();
});

type Box = readonly [left: number, top: number, width: number, height: number];
const PALETTE: [number, number, number][] = [
  [0, 0, 0],
  [128, 0, 0],
  [0, 128, 0],
];

/** 64 x 64 pixels. @param objects of each frame, in patches of 4 pixels */
async function writeVideo(name: string, objects: readonly (readonly Box[])[], between = ''): Promise<void> {
  const [images, labels] = ['JPEGImages', 'Annotations'].map((part) => join(davis, part, between, name)) as [
    string,
    string,
  ];
  for (const folder of [images, labels]) mkdirSync(folder, { recursive: true });
  for (const [frame, boxes] of objects.entries()) {
    const data = new Uint8Array(64 * 64);
    for (const [object, [left, top, width, height]] of boxes.entries())
      for (let y = 4 * top; y < 4 * (top + height); y++)
        data.fill(object + 1, y * 64 + 4 * left, y * 64 + 4 * (left + width));
    const stem = String(frame).padStart(5, '0');
    const pixels = Uint8Array.from(
      { length: 64 * 64 * 3 },
      (_, i) => [20, 250, 120][data[Math.floor(i / 3)] ?? 0] ?? 0,
    );
    await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } }).toFile(join(images, `${stem}.png`));
    writeFileSync(
      join(labels, `${stem}.png`),
      encode({ width: 64, height: 64, data, channels: 1, depth: 8, palette: PALETTE }),
    );
  }
}
/** Two things that go apart, a patch a frame. */
const apart = (frames: number): Box[][] =>
  Array.from({ length: frames }, (_, at) => [
    [3 + at, 2, 4, 5],
    [8 - at, 9, 3, 4],
  ]);

async function evaluated(options: object = { size: 64 }) {
  const { engine, asked } = engineOfTokens();
  const { by, said } = computing({ engine });
  const opened = await video.open({ davis }, options, { tables: {} });
  return { opened, ...(await opened.run(by)), asked, said };
}
interface Measured {
  readonly J: { readonly mean: number };
  readonly F: { readonly mean: number };
}

it('labels follow what moves, in each sequence', async () => {
  await writeVideo('two', apart(5));
  await writeVideo(
    'one',
    apart(3).map(([first]) => [first as Box]),
  );
  const { result, images, summary, lines, asked, said, opened } = await evaluated();
  // Between patches the four corners of a mask are cut off.
  const all = { mean: 1, recall: 1, decay: expect.closeTo(0, 8) };
  const regionOf = (pixels: number) => ({ ...all, mean: expect.closeTo(1 - 4 / pixels, 8) });
  const [large, small] = [16 * 4 * 5, 16 * 3 * 4];
  const [first, second] = [large, small].map((pixels) => ({ J: regionOf(pixels), F: all }));
  // The mean is over three objects.
  const mean = 1 - (4 / large + 4 / large + 4 / small) / 3;
  expect(result).toEqual({
    ...{ J: { ...regionOf(1), mean: expect.closeTo(mean, 8) }, F: all, JF: expect.closeTo((1 + mean) / 2, 8) },
    sequences: [
      { name: 'one', frames: 3, objects: [first] },
      { name: 'two', frames: 5, objects: [first, second] },
    ],
  });
  expect(images).toEqual({ sequences: 2, frames: 8 });
  expect(summary).toEqual([{ metric: 'video_jf', value: expect.closeTo(50 + 50 * mean, 8) }]);
  expect(lines).toEqual([
    'one, object 1: J 98.75 %, F 100.00 %',
    'two, object 1: J 98.75 %, F 100.00 %',
    'two, object 2: J 97.92 %, F 100.00 %',
    'J&F 99.24 %',
    'J: mean 98.47 %, recall 100.00 %, decay 0.00 %',
    'F: mean 100.00 %, recall 100.00 %, decay 0.00 %',
  ]);
  expect(said.progress.map(([done, total, of]) => `${of} ${done}/${total}`)).toEqual([
    ...[1, 2, 3].map((done) => `one ${done}/8`),
    ...[4, 5, 6, 7, 8].map((done) => `two ${done}/8`),
  ]);
  expect(opened).toMatchObject({ inputs: { davis: { path: davis } }, notes: [] });
  expect(asked.disposed).toBe(1);
});

it('patches come from no farther than the radius, and frames are seen as large as is asked for', async () => {
  await writeVideo('leap', [[[1, 2, 3, 3]], [[11, 2, 3, 3]], [[11, 2, 3, 3]], [[11, 2, 3, 3]]]);
  const found = async (options: object) => ((await evaluated({ size: 64, ...options })).result as Measured).J.mean;
  expect(await found({}), 'the usual radius is 12').toBeGreaterThan(0.9);
  expect(await found({ radius: 0 }), 'anywhere').toBeGreaterThan(0.9);
  expect(await found({ radius: 3 })).toBeLessThan(0.1);
  expect(await found({ radius: 12, frames: 0, topk: 1 })).toBeGreaterThan(0.9);
  const { asked } = await evaluated({ size: 128, radius: 1 });
  expect(asked.calls.map(({ images }) => images?.shape)).toEqual(Array(4).fill([1, 3, 128, 128]));
});

/** Boxes of one object, each of a level in each frame; where there is none it is not to be seen. */
async function writeShades(boxes: readonly (readonly [Box, readonly (number | undefined)[]])[]): Promise<void> {
  const [images, labels] = ['JPEGImages', 'Annotations'].map((part) => join(davis, part, 'shades')) as [string, string];
  for (const folder of [images, labels]) mkdirSync(folder, { recursive: true });
  for (const [frame] of (boxes[0]?.[1] ?? []).entries()) {
    const [data, levels] = [new Uint8Array(64 * 64), new Uint8Array(64 * 64).fill(20)];
    for (const [[left, top, width, height], shades] of boxes) {
      const level = shades[frame];
      if (level === undefined) continue;
      for (let y = 4 * top; y < 4 * (top + height); y++)
        for (const [of, value] of [
          [data, 1],
          [levels, level],
        ] as const)
          of.fill(value, y * 64 + 4 * left, y * 64 + 4 * (left + width));
    }
    const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => levels[Math.floor(i / 3)] ?? 0);
    await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } }).toFile(join(images, `${frame}.png`));
    writeFileSync(
      join(labels, `${frame}.png`),
      encode({ width: 64, height: 64, data, channels: 1, depth: 8, palette: PALETTE }),
    );
  }
}
const regionBy = async (options: object) => ((await evaluated({ size: 64, ...options })).result as Measured).J.mean;

it('labels come from as many of the last frames as are asked for, by default from more than two', async () => {
  // It fades, is hidden, and comes back in a level nearer to the ground than to what it was at first.
  await writeShades([
    [
      [4, 4, 6, 6],
      [250, 180, undefined, 120, 120],
    ],
  ]);
  expect(await regionBy({ topk: 1 })).toBeGreaterThan(0.9);
  expect(await regionBy({ topk: 1, frames: 2 })).toBeGreaterThan(0.9);
  for (const frames of [0, 1]) expect(await regionBy({ topk: 1, frames }), `${frames} frames`).toBeLessThan(0.7);
});

it('labels come from as many patches as are asked for, by default from more than one', async () => {
  // What fades is a little more like the two patches of the object than like the many of the ground.
  await writeShades([
    [
      [3, 3, 1, 1],
      [250, 250, 250],
    ],
    [
      [9, 9, 1, 1],
      [250, 128, 128],
    ],
  ]);
  const [one, two, usual] = [await regionBy({ topk: 1 }), await regionBy({ topk: 5 }), await regionBy({})];
  expect(one).toBeGreaterThan(usual + 0.2);
  expect(two).toBe(usual);
});

it('the network is given back when a sequence fails, too', async () => {
  await writeVideo('square', apart(3));
  await sharp({ create: { width: 32, height: 64, channels: 3, background: 'red' } }).toFile(
    join(davis, 'JPEGImages/square/00002.png'),
  );
  const { engine, asked } = engineOfTokens();
  const opened = await video.open({ davis }, { size: 64 }, { tables: {} });
  await expect(opened.run(computing({ engine }).by)).rejects.toThrow('00002.png has 32 x 64 pixels');
  expect([asked.calls.length, asked.disposed]).toEqual([2, 1]);
});

it('a folder is offered where it has frames and labels, which may be a resolution deeper', async () => {
  expect(video.suggest(datasetOf([], { path: davis }))).toBe(
    'it needs videos with labels, in a folder in the layout of DAVIS',
  );
  await writeVideo('square', apart(3), '480p');
  expect(video.suggest(datasetOf([], { path: davis }))).toEqual({ davis });
  expect((await evaluated()).images).toEqual({ sequences: 1, frames: 3 });
});

it('the benchmark may name its sequences, which is said', async () => {
  await writeVideo('square', apart(3));
  await writeVideo('other', apart(4));
  mkdirSync(join(davis, 'ImageSets', '2017'), { recursive: true });
  writeFileSync(join(davis, 'ImageSets', '2017', 'val.txt'), '\nsquare\n\n');
  const { images, opened } = await evaluated();
  expect(images).toEqual({ sequences: 1, frames: 3 });
  expect(opened.notes).toEqual(['the sequences are those of ImageSets/2017/val.txt']);
});

it.each<[string, () => unknown, string]>([
  ['no sequences', () => rmSync(join(davis, 'Annotations', 'square'), { recursive: true }), 'has no sequences.'],
  ['no labels', () => rmSync(join(davis, 'Annotations'), { recursive: true }), 'Annotations cannot be read: '],
  [
    'a frame without labels',
    () => rmSync(join(davis, 'Annotations/square/00001.png')),
    'has no 00001.png, the annotation',
  ],
  ['two frames', () => rmSync(join(davis, 'JPEGImages/square/00002.png')), 'has 2 frames: at least 3 are needed.'],
  [
    'a frame of another size',
    () =>
      sharp({ create: { width: 64, height: 60, channels: 3, background: 'red' } }).toFile(
        join(davis, 'JPEGImages/square/00001.png'),
      ),
    '00001.png has 64 x 60 pixels, but the first of its sequence 64 x 64.',
  ],
  [
    'labels of another size',
    () =>
      writeFileSync(
        join(davis, 'Annotations/square/00001.png'),
        encode({ width: 2, height: 1, data: Uint8Array.of(0, 1), channels: 1, depth: 8 }),
      ),
    '00001.png has 2 x 1 pixels, but its frame has 64 x 64.',
  ],
  [
    'a first frame without an object',
    () =>
      writeFileSync(
        join(davis, 'Annotations/square/00000.png'),
        encode({ width: 64, height: 64, data: new Uint8Array(64 * 64), channels: 1, depth: 8 }),
      ),
    'The sequence square cannot be scored: the first annotation has no object.',
  ],
])('%s is refused', async (_, spoil, sentence) => {
  await writeVideo('square', apart(3));
  await spoil();
  await expect(evaluated()).rejects.toThrow(sentence);
});

it('labels in black and white have one object, which is white', async () => {
  await writeVideo(
    'square',
    apart(3).map(([first]) => [first as Box]),
  );
  for (const [frame, [[left, top, width, height]]] of apart(3).entries() as unknown as [number, [Box]][]) {
    const data = Uint8Array.from({ length: 64 * 64 }, (_, i) => {
      const [x, y] = [Math.floor((i % 64) / 4), Math.floor(i / 256)];
      return x >= left && x < left + width && y >= top && y < top + height ? 255 : 0;
    });
    writeFileSync(
      join(davis, 'Annotations', 'square', `0000${frame}.png`),
      encode({ width: 64, height: 64, data, channels: 1, depth: 8 }),
    );
  }
  const { result, said } = await evaluated();
  expect((result as Measured).J.mean).toBeCloseTo(1 - 4 / 320, 8);
  expect(said.warnings).toEqual([expect.stringContaining('00000.png')]);
});
