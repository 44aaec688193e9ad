/** Copy detection by descriptors that are known: what is bright stands apart from what is dark. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { copies } from '../../../../src/evaluation/evaluations/copies.js';
import type { LoadedNetwork } from '../../../../src/runs/network.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { computing, datasetOf, engineOfTokens, network, writeLevels } from '../surroundings.js';

let root: string;
beforeEach(() => {
  root = temporaryFolder();
});

async function evaluated(inputs: object, options: object = {}) {
  const { engine, asked } = engineOfTokens();
  const { by, said } = computing({ engine });
  const opened = await copies.open(inputs, options, { tables: {} });
  return { opened, ...(await opened.run(by)), asked, said };
}

/** Three originals; copies that are a little brighter, and one strong copy that looks like another original. */
const copydays = () =>
  writeLevels(join(root, 'copydays'), {
    ...{ 'original/200000.png': 0, 'original/200100.png': 120, 'original/200200.png': 250 },
    ...{ 'jpegqual/10/200000.png': 10, 'jpegqual/10/200100.png': 125, 'jpegqual/10/200200.png': 240 },
    ...{ 'jpegqual/5/200000.png': 20, 'jpegqual/5/200100.png': 90, 'jpegqual/5/200200.png': 10 },
    'strong/200102.png': 240,
  });

it('each kind of copy has the precision by which its originals are found, among distractors', async () => {
  const distractors = await writeLevels(join(root, 'distractors'), { 'a.png': 90, 'b.png': 245 });
  const { result, images, summary, lines, asked, said, opened } = await evaluated({
    copydays: await copydays(),
    distractors,
  });
  const blocks = [
    { name: 'original', images: 3, map: 1, perImage: [1, 1, 1] },
    // Of the third, 5 quality makes the first: all else comes before it.
    { name: 'jpegqual/5', images: 3, map: expect.closeTo((1 + 1 / 4 + 1 / 10) / 3, 8), perImage: [1, 1 / 4, 1 / 10] },
    { name: 'jpegqual/10', images: 3, map: expect.closeTo((1 + 1 + 1 / 4) / 3, 8), perImage: [1, 1, 1 / 4] },
    { name: 'strong', images: 1, map: 1 / 6, perImage: [1 / 6] },
  ];
  expect(result).toEqual({ blocks, distractors: 2, whitened: false });
  expect(images).toEqual({ images: 10, distractors: 2 });
  expect(summary).toEqual([{ metric: 'copies_strong', value: expect.closeTo(100 / 6, 8) }]);
  expect(lines).toEqual([
    'the first 20 of 3 originals and 2 distractors',
    'original: mAP 100.00 % over 3 images',
    'jpegqual/5: mAP 45.00 % over 3 images',
    'jpegqual/10: mAP 75.00 % over 3 images',
    'strong: mAP 16.67 % over 1 image',
  ]);
  expect(opened.inputs).toMatchObject({
    copydays: { path: join(root, 'copydays') },
    distractors: { path: distractors },
  });
  expect(said.progress.filter(([, , of]) => of === `descriptors of ${distractors}`).map(([done]) => done)).toEqual([
    0, 1, 2,
  ]);
  expect(asked.disposed).toBe(1);
});

it('descriptors are whitened by other images', async () => {
  const whiten = await writeLevels(join(root, 'others'), { 'a.png': 30, 'b.png': 160, 'c.png': 220 });
  const whitened = await evaluated({ copydays: await copydays(), whiten });
  const plain = await evaluated({ copydays: await copydays() });
  expect(whitened.result).toMatchObject({ whitened: true, distractors: 0, blocks: [{ map: 1 }, {}, {}, {}] });
  expect(plain.result).toMatchObject({ whitened: false, distractors: 0 });
  expect(whitened.lines[0]).toBe('the first 20 of 3 originals and 0 distractors, whitened');
  expect(plain.lines[0]).toBe('the first 20 of 3 originals and 0 distractors');
  const precisions = ({ result }: typeof plain) =>
    (result as { blocks: { perImage: unknown }[] }).blocks.map(({ perImage }) => perImage);
  expect(precisions(whitened)).not.toEqual(precisions(plain));
});

it('copies are made of some images, and the others of the folder are distractors', async () => {
  const attacks = await writeLevels(join(root, 'images'), {
    'a.png': 10,
    'b.png': 60,
    'c.png': 110,
    'd.png': 170,
    'e.png': 240,
  });
  const distractors = await writeLevels(join(root, 'distractors'), { 'f.png': 90 });
  const { result, images, summary, lines } = await evaluated({ attacks, distractors }, { originals: 2, size: 8 });
  const { blocks } = result as { blocks: { name: string; images: number; map: number; attack?: { name: string } }[] };
  // Three are not attacked, and one is from elsewhere.
  expect(result).toMatchObject({ distractors: 4, whitened: false });
  expect(blocks[0]).toMatchObject({ name: 'original', images: 2, map: 1 });
  expect(images).toEqual({ images: 2 * blocks.length, distractors: 4 });
  const made = blocks.filter(({ attack }) => attack !== undefined);
  expect(made).toHaveLength(blocks.length - 1);
  const mean = (of: typeof made) => (100 * of.reduce((sum, { map }) => sum + map, 0)) / of.length;
  expect(summary).toEqual([{ metric: 'copies_attacks', value: expect.closeTo(mean(made), 8) }]);
  expect(lines.slice(0, 2)).toEqual([
    'the first 20 of 2 originals and 4 distractors',
    'original: mAP 100.00 % over 2 images',
  ]);
  const jpeg = made.filter(({ attack }) => attack?.name === 'jpeg');
  const [line] = lines.filter((each) => each.startsWith('jpeg: '));
  expect(line).toBe(
    `jpeg: mAP ${mean(jpeg).toFixed(2)} % (quality ${[75, 30, 10, 5].map((quality, at) => `${quality}: ${mean(jpeg.slice(at, at + 1)).toFixed(1)}`).join(', ')})`,
  );
});

it('an image of a block that cannot be read is refused, one of the distractors is left out', async () => {
  const distractors = await writeLevels(join(root, 'distractors'), { 'a.png': 90, 'b.png': 245 });
  writeFileSync(join(distractors, 'b.png'), 'torn');
  const folder = await copydays();
  const { result, said } = await evaluated({ copydays: folder, distractors });
  expect(result).toMatchObject({ distractors: 1 });
  expect(said.warnings).toEqual([expect.stringContaining('b.png')]);
  writeFileSync(join(folder, 'jpegqual', '10', '200100.png'), 'torn');
  await expect(evaluated({ copydays: folder })).rejects.toThrow('1 of the 3 images in ');
  writeFileSync(join(distractors, 'a.png'), 'torn');
  await expect(evaluated({ copydays: await copydays(), distractors })).rejects.toThrow(
    `None of the images in ${distractors} can be read.`,
  );
});

it('copies are compared by the patches of a Vision Transformer, in squares of whole patches', async () => {
  expect(copies.unfit(network)).toBeUndefined();
  expect(copies.unfit({ ...network, backbone: { kind: 'resnet' } } as LoadedNetwork)).toContain(
    'not a Vision Transformer',
  );
  const folder = await copydays();
  const sideOf = async (options: object) =>
    (await evaluated({ copydays: folder }, options)).asked.calls[0]?.['images']?.shape.slice(2);
  expect(await sideOf({})).toEqual([8, 8]);
  expect(await sideOf({ size: 12 })).toEqual([12, 12]);
  expect(await sideOf({ size: 4 })).toEqual([4, 4]);
  await expect(sideOf({ size: 3 })).rejects.toThrow('A size of 3 pixels is less than a patch of 4');
});

it('the images of a run are offered to be attacked, and what the folders say is told', async () => {
  expect(copies.suggest(datasetOf([], { path: '/images' }))).toEqual({ attacks: '/images' });
  const attacks = await writeLevels(join(root, 'set'), { 'train/x/a.png': 10, 'train/y/b.png': 200 });
  const { opened } = await evaluated({ attacks }, { originals: 1 });
  expect(opened.notes).toHaveLength(1);
  expect(opened.inputs).toMatchObject({ attacks: { path: attacks, fingerprint: expect.any(String) } });
  expect(opened.inputs).not.toHaveProperty('copydays');
});

it('either copies or images to attack are needed, not both', async () => {
  const [attacks, folder] = [await writeLevels(join(root, 'images'), { 'a.png': 10 }), await copydays()];
  for (const given of [{}, { attacks, copydays: folder }])
    await expect(evaluated(given)).rejects.toThrow('Copy detection needs either copydays, ');
});

it('attacks are others for another seed, and the usual number of originals is a hundred', async () => {
  const names = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`${i}.png`, 20 + 70 * i]));
  const attacks = await writeLevels(join(root, 'images'), names, 16);
  const of = async (options: object) => (await evaluated({ attacks }, options)).result as { blocks: object[] };
  const [usual, zero, one] = [await of({}), await of({ seed: 0 }), await of({ seed: 1 })];
  expect(usual.blocks[0]).toMatchObject({ images: 4 });
  expect(usual).toMatchObject({ distractors: 0 });
  expect(zero).toEqual(usual);
  expect(one).not.toEqual(usual);
});

it('the network is given back when it fails, too', async () => {
  const { engine, asked } = engineOfTokens();
  const stop = new AbortController();
  const { by } = computing({
    engine,
    signal: stop.signal,
    progress: (done) => done === 2 && stop.abort(new Error('enough')),
  });
  const opened = await copies.open({ copydays: await copydays() }, {}, { tables: {} });
  await expect(opened.run(by)).rejects.toThrow('enough');
  expect([asked.calls.length, asked.disposed]).toEqual([3, 1]);
});
