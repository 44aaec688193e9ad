import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { attackCommand } from '../../../../src/cli/attack.js';
import { evalCommand } from '../../../../src/cli/eval.js';
import { type Image, readImage } from '../../../../src/data/image.js';
import { ATTACKS, attacked } from '../../../../src/evaluation/copies/attacks/index.js';
import { openCopydays } from '../../../../src/evaluation/copies/copydaysFolder.js';
import { resultOf, TINY_VIT } from '../../cli/inProcess.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { writeImages } from '../../training/images.js';

/** Colors that change slowly, with an edge. */
const image: Image = {
  width: 96,
  height: 64,
  channels: 3,
  data: Uint8Array.from({ length: 96 * 64 * 3 }, (_, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % 96, Math.floor(i / 3 / 96), i % 3];
    return x < 40 ? 60 + 2 * y + 20 * channel : 200 - x + 15 * channel;
  }),
};
const differenceTo = (one: Image, other: Image): number => {
  if (one.data.length !== other.data.length) return Number.POSITIVE_INFINITY;
  return one.data.reduce((sum, value, i) => sum + Math.abs(value - (other.data[i] ?? 0)), 0) / one.data.length;
};

it.each(ATTACKS.map((attack) => [attack.name, attack] as const))(
  '%s is the same for the same seed and changes more the stronger it is',
  async (_, attack) => {
    const { strengths } = attack;
    const at = (strength: number, seed: number, place = 0) => attacked(image, { attack, strength }, seed, place);
    const made: Image[] = [];
    for (const strength of strengths) {
      const copy = await at(strength, 1);
      expect(copy).toEqual(await at(strength, 1));
      expect(copy.channels).toBe(3);
      expect(copy.data).toHaveLength(copy.width * copy.height * 3);
      made.push(copy);
    }
    const [weakest, strongest] = [made[0] as Image, made.at(-1) as Image];
    if (weakest.width === image.width && strongest.width === image.width && weakest.height === image.height)
      expect(differenceTo(strongest, image)).toBeGreaterThan(differenceTo(weakest, image));
    expect(differenceTo(weakest, image)).toBeGreaterThan(0);
    // What the strength leaves open is drawn for each image by itself.
    if (['jpeg', 'blur'].includes(attack.name)) return;
    const others = await Promise.all([1, 2, 3].map((place) => at(strengths[0] ?? 0, 1, place)));
    expect(others.some((other) => differenceTo(other, weakest) > 0)).toBe(true);
  },
);

it('A crop keeps the shape and what is said of the area; a turned image has room for its corners', async () => {
  const by = (name: string, strength: number) => {
    const attack = ATTACKS.find((one) => one.name === name);
    if (attack === undefined) throw new Error(name);
    return attacked(image, { attack, strength }, 0, 0);
  };
  expect(await by('crop', 50)).toMatchObject({ width: 68, height: 45 });
  expect(await by('rotation', 90)).toMatchObject({ width: 64, height: 96 });
  const turned = await by('rotation', 45);
  expect(turned.width).toBeGreaterThan(100);
});

it('`dino attack` writes a folder that `dino eval copies` reads, and the evaluation makes the same attacks by itself', async () => {
  const images = await writeImages(temporaryFolder(), 6);
  const out = join(temporaryFolder(), 'copies');
  const made = await resultOf(attackCommand(), images, '--out', out, '--originals', '2');
  const names = ATTACKS.flatMap(({ name, strengths }) => strengths.map((strength) => `${name}/${strength}`));
  expect(made).toMatchObject({ originals: 2, blocks: ['original', ...names], unreadable: 0 });
  expect(readdirSync(join(out, 'crop', '10'))).toEqual(['0.png', '1.png']);
  expect(await readImage(join(out, 'original', '1.png'), '', 3)).toMatchObject({ width: 40, height: 40 });
  await expect(resultOf(attackCommand(), images, '--out', out)).rejects.toThrow(
    `${out} is not empty: choose a new folder for the copies.`,
  );

  const evaluated = await resultOf(evalCommand(), 'copies', ...TINY_VIT, '--attacks', images, '--originals', '1');
  const { copies, summary } = evaluated as {
    copies: { blocks: { name: string; map: number; attack?: object }[]; distractors: number };
    summary: Record<string, number>;
  };
  expect(copies.distractors).toBe(5);
  expect(copies.blocks.map(({ name }) => name)).toEqual(['original', ...names]);
  expect(copies.blocks[0]).toMatchObject({ map: 1 });
  expect(copies.blocks[1]).toMatchObject({ attack: { name: 'crop', strength: 10 } });
  const maps = copies.blocks.slice(1).map(({ map }) => map);
  expect(summary['copies_attacks']).toBeCloseTo((100 * maps.reduce((a, b) => a + b, 0)) / maps.length, 6);

  const blocks = await openCopydays(out);
  expect(blocks.map(({ name }) => name).sort()).toEqual(['original', ...names].sort());
});

it('`dino attack` writes neither among the images nor where no folder can be made', async () => {
  const images = await writeImages(temporaryFolder(), 2);
  const attack = (out: string) => resultOf(attackCommand(), images, '--out', out);
  for (const inside of [images, join(images, 'copies'), join(images, 'lying', 'new', 'copies')])
    await expect(attack(inside)).rejects.toThrow(
      `${inside} is inside ${images}, where the next run would take the copies for images: choose a folder outside it.`,
    );
  const link = join(temporaryFolder(), 'link');
  symlinkSync(images, link, 'junction');
  await expect(attack(join(link, 'copies'))).rejects.toThrow(`is inside ${images}`);
  expect(readdirSync(images)).toEqual(['lying', 'standing']);
  const folder = temporaryFolder();
  const broken = join(folder, 'broken');
  symlinkSync(join(folder, 'nowhere', 'else'), broken);
  await expect(attack(broken)).rejects.toThrow(`The folder ${join(broken, 'original')} cannot be made: `);
});

it('Both a folder of copies and images to attack are too much, and neither is too little', async () => {
  const images = await writeImages(temporaryFolder(), 2);
  for (const given of [[], ['--attacks', images, '--copydays', images]])
    await expect(resultOf(evalCommand(), 'copies', ...TINY_VIT, ...given)).rejects.toThrow(
      'Copy detection needs either copydays, a folder of originals and their copies, or attacks, images of which copies are made.',
    );
});
