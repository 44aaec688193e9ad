import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { videosIn } from '../../../../src/evaluation/video/videoFolder.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { writeMovingSquare } from './movingSquare.js';

let davis: string;
let images: string;
let labels: string;
beforeEach(async () => {
  davis = temporaryFolder();
  ({ images, labels } = await writeMovingSquare(davis, 'square', { frames: 3, ending: 'jpg' }));
});

const names = (paths: readonly string[] = []) => paths.map((path) => basename(path));

describe('The videos of a folder', () => {
  it('in the layout of DAVIS are its sequences, also by the folder of one of them', async () => {
    await writeMovingSquare(davis, 'other', { frames: 2, annotated: 1 });
    const [other, square] = await videosIn(davis);
    expect(square).toMatchObject({ name: 'square', frames: { length: 3 }, annotations: { length: 3 } });
    expect(other).toMatchObject({ name: 'other', frames: { length: 2 }, annotations: { length: 1 } });
    expect(await videosIn(images)).toEqual([square]);
  });

  it('without all annotations have the first alone, and without the first none', async () => {
    rmSync(join(labels, '00001.png'));
    expect((await videosIn(images))[0]?.annotations).toEqual([join(labels, '00000.png')]);
    rmSync(join(labels, '00000.png'));
    expect((await videosIn(images))[0]?.annotations).toEqual([]);
  });

  it('of frames alone are in order of their numbers, and a PNG beside a frame of its name is its mask', async () => {
    const folder = join(davis, 'plain');
    mkdirSync(folder);
    for (const [frame, name] of readdirSync(images).map((name, at) => [name, `frame${at + 8}.jpg`] as const))
      copyFileSync(join(images, frame), join(folder, name));
    copyFileSync(join(labels, '00000.png'), join(folder, 'frame8.png'));
    const [video] = await videosIn(folder);
    expect(names(video?.frames)).toEqual(['frame8.jpg', 'frame9.jpg', 'frame10.jpg']);
    expect(names(video?.annotations)).toEqual(['frame8.png']);
    const [chosen] = await videosIn(folder, '/masks/first.png');
    expect(chosen?.annotations).toEqual(['/masks/first.png']);
  });

  it('are of images alone: other files and hidden ones are no frames, and hidden folders no videos', async () => {
    const [square] = await videosIn(davis);
    for (const name of ['notes.txt', '.hidden.jpg']) writeFileSync(join(images, name), '');
    for (const of of [images, labels]) mkdirSync(join(of, '..', '.trash'));
    expect(await videosIn(davis)).toEqual([square]);
    expect(await videosIn(images)).toEqual([square]);
  });

  it('whose annotations have no folder have those that lie beside the frames', async () => {
    rmSync(join(davis, 'Annotations'), { recursive: true });
    expect((await videosIn(images))[0]).toMatchObject({ frames: { length: 3 }, annotations: [] });
    const mask = join(images, '00000.png');
    writeFileSync(mask, '');
    expect((await videosIn(images))[0]).toMatchObject({ frames: { length: 3 }, annotations: [mask] });
  });

  it('lie in the layout of DAVIS only where it has both frames and annotations', async () => {
    for (const part of ['JPEGImages', 'Annotations']) {
      const folder = join(davis, `with ${part}`);
      mkdirSync(join(folder, part), { recursive: true });
      for (const frame of readdirSync(images)) copyFileSync(join(images, frame), join(folder, frame));
      expect(await videosIn(folder)).toMatchObject([{ name: `with ${part}`, frames: { length: 3 }, annotations: [] }]);
    }
  });

  it('have the annotations of the same path below Annotations, with one folder between or none', async () => {
    const at = async (...between: string[]) => {
      const [frames, masks] = ['JPEGImages', 'Annotations'].map((part) => join(davis, 'set', part, ...between)) as [
        string,
        string,
      ];
      mkdirSync(frames, { recursive: true });
      mkdirSync(masks, { recursive: true });
      for (const name of ['0.jpg', '1.jpg']) writeFileSync(join(frames, name), '');
      writeFileSync(join(masks, '0.png'), '');
      const [video] = await videosIn(frames);
      return video?.annotations.map((path) => path === join(masks, '0.png'));
    };
    expect(await at('walk')).toEqual([true]);
    expect(await at('480p', 'walk')).toEqual([true]);
    expect(await at('480p', 'walk', 'left'), 'two between').toEqual([]);
    rmSync(join(davis, 'set', 'Annotations'), { recursive: true });
    mkdirSync(join(davis, 'set', 'JPEGImages', 'JPEGImages', 'walk'), { recursive: true });
    expect(await at('JPEGImages', 'walk'), 'the last of that name').toEqual([]);
  });

  it('have PNGs alone as annotations, and none where frames lie in JPEGImages itself', async () => {
    writeFileSync(join(labels, '00001.jpg'), '');
    rmSync(join(labels, '00001.png'));
    expect((await videosIn(images))[0]?.annotations).toEqual([join(labels, '00000.png')]);
    const [flat, beside] = ['JPEGImages', 'Annotations'].map((part) => join(davis, 'flat', part)) as [string, string];
    for (const folder of [flat, beside]) mkdirSync(folder, { recursive: true });
    for (const name of ['0.jpg', '1.jpg']) writeFileSync(join(flat, name), '');
    for (const name of ['0.png', '1.png']) writeFileSync(join(beside, name), '');
    expect((await videosIn(flat))[0]).toMatchObject({ name: 'JPEGImages', frames: { length: 2 }, annotations: [] });
  });

  it('have no masks among frames that are all PNGs, and those of both cases where they are not', async () => {
    const folder = join(davis, 'mixed');
    mkdirSync(folder);
    for (const name of ['1.png', '2.PNG', '10.png']) writeFileSync(join(folder, name), '');
    const [all] = await videosIn(folder);
    expect(names(all?.frames)).toEqual(['1.png', '2.PNG', '10.png']);
    expect(all?.annotations).toEqual([]);
    for (const name of ['1.jpg', '2.jpg']) writeFileSync(join(folder, name), '');
    const [some] = await videosIn(folder);
    expect(names(some?.frames)).toEqual(['1.jpg', '2.jpg', '10.png']);
    expect(names(some?.annotations)).toEqual(['1.png']);
    writeFileSync(join(folder, '10.jpg'), '');
    const [each] = await videosIn(folder);
    expect(names(each?.frames)).toEqual(['1.jpg', '2.jpg', '10.jpg']);
    expect(names(each?.annotations)).toEqual(['1.png', '2.PNG', '10.png']);
  });

  it('need two frames, and sequences in the layout of DAVIS', async () => {
    const folder = join(davis, 'single');
    mkdirSync(folder);
    writeFileSync(join(folder, '1.jpg'), '');
    await expect(videosIn(folder)).rejects.toThrow(
      `The folder ${folder} has 1 frame: a video needs at least 2 images.`,
    );
    writeFileSync(join(folder, '2.jpg'), '');
    expect((await videosIn(folder))[0]?.frames).toHaveLength(2);
    rmSync(join(davis, 'Annotations', '480p', 'square'), { recursive: true });
    await expect(videosIn(davis)).rejects.toThrow(`The folder ${join(davis, 'Annotations', '480p')} has no sequences.`);
  });

  it('are refused by what is wrong', async () => {
    const empty = join(davis, 'empty');
    mkdirSync(empty);
    await expect(videosIn(empty)).rejects.toThrow(`The folder ${empty} has 0 frames: a video needs at least 2 images.`);
    await expect(videosIn(join(davis, 'nowhere'))).rejects.toThrow(/^The folder .*nowhere cannot be read: /);
    writeFileSync(join(davis, 'file'), '');
    await expect(videosIn(join(davis, 'file'))).rejects.toThrow('is a file: choose the folder of the frames.');
  });
});
