import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, encode } from 'fast-png';
import { beforeEach, expect, it } from 'vitest';
import type { SegmentedFrame } from '../../../src/protocol/videoWork.js';
import { Videos } from '../../../src/worker/videos.js';
import { PALETTE, writeMovingSquare } from '../evaluation/video/movingSquare.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const CHECKPOINT = 'test/reference/tiny-vit/teacher_final.safetensors';
const never = new AbortController().signal;
let said: SegmentedFrame[];
let videos: Videos;
let images: string;
let labels: string;

beforeEach(async () => {
  said = [];
  videos = new Videos((frame) => said.push(frame));
  ({ images, labels } = await writeMovingSquare(temporaryFolder(), 'square', { frames: 4 }));
});

async function segment(mask?: string, stop = never) {
  const { videos: found } = await videos.videosIn({ path: images, ...(mask !== undefined && { mask }) });
  const [video] = found;
  if (video === undefined) throw new Error('no video');
  return videos.segment({ id: 7, video, checkpoint: CHECKPOINT, numHeads: 2, shortSide: 64 }, stop);
}

it('Masks come frame by frame as PNGs with the palette of the first, with J and F of each and of all', async () => {
  const { whole } = await segment();
  expect(said.map(({ id, index }) => [id, index])).toEqual([0, 1, 2, 3].map((index) => [7, index]));
  const first = decode(said[0]?.mask ?? new Uint8Array());
  expect(first).toMatchObject({ width: 80, height: 64, depth: 8, channels: 1 });
  expect(first.palette?.slice(0, 3)).toEqual([...PALETTE, [0, 128, 0]]);
  expect([...first.data].filter((label) => label === 1)).toHaveLength(24 * 32);
  expect(said[0]?.scores).toEqual([{ region: 1, contour: 1 }]);
  const middle = said.slice(1, -1).flatMap(({ scores }) => scores ?? []);
  const mean = (middle[0]?.region ?? 0) / 2 + (middle[1]?.region ?? 0) / 2;
  expect(whole?.region).toBeCloseTo(mean, 12);
  expect(whole?.region).toBeGreaterThan(0.5);
});

it('A mask that was chosen is followed without scores', async () => {
  const answer = await segment(join(labels, '00000.png'));
  expect(answer).not.toHaveProperty('whole');
  expect(said).toHaveLength(4);
  expect(said.every((frame) => !('scores' in frame))).toBe(true);
});

it('A black and white mask marks one object, and that is said', async () => {
  const ofLabels = readFileSync(join(labels, '00000.png'));
  const { data, width, height } = decode(ofLabels);
  const mask = join(images, '..', 'white.png');
  const white = Uint8Array.from(data, (label) => (label === 1 ? 255 : 0));
  writeFileSync(mask, encode({ width, height, data: white, channels: 1, depth: 8 }));
  await segment(join(labels, '00000.png'));
  const asLabels = said.map((frame) => [...decode(frame.mask).data]);
  said.length = 0;
  const { notes } = await segment(mask);
  expect(said.map((frame) => [...decode(frame.mask).data])).toEqual(asLabels);
  expect(notes).toContain(`The mask ${mask} has no values but 0 and 255, so 255 is the object and not void.`);
});

it('What cannot be followed is refused in one sentence', async () => {
  const mask = join(images, '..', 'mask.png');
  const write = (width: number, height: number, label: number) =>
    writeFileSync(
      mask,
      encode({ width, height, data: new Uint8Array(width * height).fill(label), channels: 1, depth: 8 }),
    );
  write(80, 64, 0);
  await expect(segment(mask)).rejects.toThrow(
    `The mask ${mask} marks no object: all its pixels are background. Give objects the labels 1, 2 and so on.`,
  );
  write(40, 64, 1);
  await expect(segment(mask)).rejects.toThrow(`The annotation ${mask} has 40 x 64 pixels, but its frame has 80 x 64.`);
  await expect(segment(join(images, 'no.png'))).rejects.toThrow(/^The mask .*no\.png cannot be read: /);
  const { videos: found } = await videos.videosIn({ path: images });
  const video = { name: 'square', frames: found[0]?.frames ?? [], annotations: [] };
  await expect(videos.segment({ id: 1, video, checkpoint: CHECKPOINT, shortSide: 64 }, never)).rejects.toThrow(
    'The first frame of square has no mask: choose a PNG of labels.',
  );
});

it('It stops between frames, and the next work goes on', async () => {
  const stop = new AbortController();
  videos = new Videos((frame) => {
    said.push(frame);
    if (frame.index === 1) stop.abort(new Error('stopped'));
  });
  await expect(segment(undefined, stop.signal)).rejects.toThrow('stopped');
  expect(said).toHaveLength(2);
  await segment();
  expect(said).toHaveLength(6);
});

it('Frames are shown reduced; one that cannot be read is a sentence', async () => {
  const { images: shown } = await videos.images({
    paths: [join(images, '00001.png'), join(images, 'none.png')],
    side: 40,
  });
  expect(shown[0]).toMatchObject({ width: 40, height: 32, original: { width: 80, height: 64 } });
  expect(shown[1]).toContain('none.png');
});
