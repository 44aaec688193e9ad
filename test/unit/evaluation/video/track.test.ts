/** Labels carried through videos of a bright box on a dark ground. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { beforeEach, expect, it } from 'vitest';
import { jaccard } from '../../../../src/evaluation/segmentation/jaccard.js';
import { type TrackedFrame, Tracker } from '../../../../src/evaluation/video/track.js';
import type { LoadedNetwork } from '../../../../src/runs/network.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { computing, engineOfTokens, network } from '../surroundings.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

/** 20 pixels wide and high. */
const box = (left: number, width = 64, height = 64) =>
  Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x >= left && x < left + 20 && y >= 8 && y < 28 ? 1 : 0;
  });

async function writeFrame(at: number, width = 64, height = 64, left = 8 + 4 * at): Promise<string> {
  const file = join(folder, `${at}.png`);
  const object = box(left, width, height);
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    object[Math.floor(i / 3)] === 1 ? 250 : 20,
  );
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(file);
  return file;
}

function writeLabels(at: number, data: Uint8Array, width = 64): string {
  const [labels, file] = [join(folder, 'labels'), join(folder, 'labels', `${at}.png`)];
  mkdirSync(labels, { recursive: true });
  writeFileSync(file, encode({ width, height: data.length / width, data, channels: 1, depth: 8 }));
  return file;
}

const OPTIONS = { frames: 2, radius: 0, topK: 3, shortSide: 64 };

async function tracked(frames: readonly string[], annotations: readonly string[], shortSide = 64) {
  const { engine, asked } = engineOfTokens();
  const { by, said } = computing({ engine });
  const tracker = new Tracker(by, { ...OPTIONS, shortSide });
  const heard: TrackedFrame[] = [];
  try {
    const found = await tracker.track({ name: 'box', frames, annotations }, (frame) => heard.push(frame));
    return { ...found, heard, asked, said };
  } finally {
    await tracker.dispose();
  }
}
const three = () => Promise.all([0, 1, 2].map((at) => writeFrame(at)));

it('every frame is told in its order, the first with the labels that were given, and each with its truth', async () => {
  const given = [0, 1, 2].map((at) => box(8 + 4 * at));
  const { heard, masks, truths, size, said, asked } = await tracked(
    await three(),
    given.map((labels, at) => writeLabels(at, labels)),
  );
  expect(size).toMatchObject({ width: 64, height: 64 });
  expect(truths).toEqual(given);
  expect(heard.map(({ truth }) => truth)).toEqual(given);
  expect(heard.map(({ labels }) => labels)).toEqual(masks);
  expect(masks[0]).toEqual(given[0]);
  for (const at of [1, 2]) expect(jaccard(masks[at] ?? [], given[at] ?? [])).toBeGreaterThan(0.95);
  expect(said.warnings).toEqual([]);
  expect(asked.disposed).toBe(1);
});

it('void of the first annotation is background, and remains void in the truth', async () => {
  const first = box(8).map((label, i) => (i % 64 >= 44 ? 255 : label));
  const { masks, truths, heard } = await tracked(await three(), [writeLabels(0, first)]);
  expect(masks[0]).toEqual(box(8));
  expect(truths).toEqual([first]);
  expect(heard.map(({ truth }) => truth)).toEqual([first, undefined, undefined]);
  expect(new Set(masks[1])).toEqual(new Set([0, 1]));
});

it('where the first annotation is black and white, white is the object in all of them', async () => {
  const white = (at: number) => box(8 + 4 * at).map((label) => (label === 1 ? 255 : 0));
  const annotations = [0, 1, 2].map((at) => writeLabels(at, white(at)));
  const { truths, masks, said } = await tracked(await three(), annotations);
  expect(truths).toEqual([0, 1, 2].map((at) => box(8 + 4 * at)));
  expect(masks[0]).toEqual(box(8));
  expect(said.warnings).toEqual([expect.stringContaining(annotations[0] ?? '')]);
  const mixed = await tracked(await three(), [writeLabels(0, box(8)), ...annotations.slice(1)]);
  expect(mixed.truths.slice(1)).toEqual([1, 2].map(white));
  expect(mixed.said.warnings).toEqual([]);
});

it('pixels that fill no patch are seen by the network and have the label of the nearest one', async () => {
  const frames = await Promise.all([0, 1].map((at) => writeFrame(at, 66, 66, 8)));
  const { masks, asked } = await tracked(frames, [writeLabels(0, box(8, 66, 66), 66)], 66);
  expect(asked.calls.map(({ images }) => images?.shape)).toEqual([
    [1, 3, 66, 64],
    [1, 3, 66, 64],
  ]);
  expect(masks[1]).toHaveLength(66 * 66);
  expect(jaccard(masks[1] ?? [], box(8, 66, 66))).toBeGreaterThan(0.7);
});

it.each([
  ['wide', 72, 64],
  ['high', 64, 72],
])('a frame and an annotation that are more %s than the first frame are refused', async (_, width, height) => {
  const frames = [await writeFrame(0), await writeFrame(1, width, height)];
  const labels = writeLabels(0, box(8));
  await expect(tracked(frames, [labels])).rejects.toThrow(
    `The frame ${frames[1]} has ${width} x ${height} pixels, but the first of its sequence 64 x 64.`,
  );
  const other = writeLabels(0, box(8, width, height), width);
  await expect(tracked(frames.slice(0, 1), [other])).rejects.toThrow(
    `The annotation ${other} has ${width} x ${height} pixels, but its frame has 64 x 64.`,
  );
});

it('work that nobody wants any more ends before the next frame', async () => {
  const stop = new AbortController();
  const { engine, asked } = engineOfTokens();
  const tracker = new Tracker(computing({ engine, signal: stop.signal }).by, OPTIONS);
  const sequence = { name: 'box', frames: await three(), annotations: [writeLabels(0, box(8))] };
  const told: Uint8Array[] = [];
  const all = tracker.track(sequence, ({ labels }) => {
    told.push(labels);
    if (told.length === 2) stop.abort(new Error('enough'));
  });
  await expect(all).rejects.toThrow('enough');
  expect([told.length, asked.calls.length]).toEqual([2, 2]);
});

it('a sequence without frames and a network without patches are refused', async () => {
  await expect(tracked([], [])).rejects.toThrow('The sequence box has no frames.');
  const resnet = { ...network, backbone: { kind: 'resnet' } } as LoadedNetwork;
  expect(() => new Tracker(computing({ network: resnet }).by, OPTIONS)).toThrow('is a ResNet, which has no patches');
});
