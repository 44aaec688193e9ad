import { expect, it } from 'vitest';
import { attackBlocks, MOST_OTHERS, USUAL_ORIGINALS } from '../../../../src/evaluation/copies/attackBlocks.js';
import { ATTACKS } from '../../../../src/evaluation/copies/attacks/index.js';
import { datasetOf } from '../surroundings.js';

const levels = (count: number) => Array.from({ length: count }, (_, i) => i % 256);
const silent = { warn: () => undefined };
const namesOf = ({ size, nameOf }: { readonly size: number; readonly nameOf: (index: number) => string }) =>
  Array.from({ length: size }, (_, index) => nameOf(index));

it('some images are attacked, evenly spread, by every attack at each strength; all others are distractors', async () => {
  const { blocks, others } = await attackBlocks(datasetOf(levels(6)), { originals: 3 }, silent);
  const [original, ...made] = blocks;
  expect(original).toMatchObject({ name: 'original', positives: [[0], [1], [2]] });
  expect(original).not.toHaveProperty('attack');
  expect(made.map(({ name, attack }) => [name, attack])).toEqual(
    ATTACKS.flatMap(({ name, strengths }) => strengths.map((strength) => [`${name}/${strength}`, { name, strength }])),
  );
  for (const { dataset, positives } of blocks) {
    expect(namesOf(dataset)).toEqual(['image 0', 'image 2', 'image 4']);
    expect(positives).toEqual([[0], [1], [2]]);
  }
  expect(others.map(namesOf)).toEqual([['image 1', 'image 3', 'image 5']]);
  expect((await original?.dataset.read(1, 3))?.data[0]).toBe(2);
});

it('a block has its images after the attack, by the seed', async () => {
  const at = async (name: string, seed?: number) => {
    const { blocks } = await attackBlocks(
      datasetOf([90, 200]),
      { originals: 1, ...(seed !== undefined && { seed }) },
      silent,
    );
    return blocks.find((block) => block.name === name)?.dataset.read(0, 3);
  };
  expect(await at('crop/70')).toMatchObject({ width: 4, height: 4 });
  expect(await at('insertion/15')).toEqual(await at('insertion/15', 0));
  expect(await at('insertion/15')).not.toEqual(await at('insertion/15', 1));
});

it('where there are no other images there are no distractors', async () => {
  const { blocks, others } = await attackBlocks(datasetOf(levels(3)), {}, silent);
  expect([blocks[0]?.dataset.size, others]).toEqual([3, []]);
});

it(`the usual ${USUAL_ORIGINALS} are attacked, and ${MOST_OTHERS} others at most are distractors, evenly spread`, async () => {
  const { blocks, others } = await attackBlocks(datasetOf(levels(2200)), {}, silent);
  expect(blocks[0]?.dataset.size).toBe(100);
  const [distractors = { size: 0, nameOf: () => '' }] = others;
  const names = namesOf(distractors);
  expect(names).toHaveLength(1000);
  // Of 2,100 others, those at 0, 2.1, 4.2 and so on; every twenty-second image is an original.
  expect(names.slice(0, 3)).toEqual(['image 1', 'image 3', 'image 5']);
  expect(names.at(-1)).toBe('image 2197');
  expect(new Set(names).size).toBe(1000);
});

it('images that cannot be read are neither originals nor copies, which is told', async () => {
  const said: string[] = [];
  const { blocks } = await attackBlocks(datasetOf([10, undefined, 30]), {}, { warn: (message) => said.push(message) });
  expect(blocks.map(({ dataset }) => namesOf(dataset))).toEqual(blocks.map(() => ['image 0', 'image 2']));
  expect(blocks[1]?.positives).toEqual([[0], [1]]);
  expect(said).toEqual([expect.stringContaining('image 1')]);
  await expect(attackBlocks(datasetOf([undefined, undefined]), {}, silent)).rejects.toThrow(
    'None of the images in /data that were to be attacked can be read.',
  );
});

it('what fails otherwise than by an image ends the work', async () => {
  const broken = datasetOf([1, 2], { read: () => Promise.reject(new Error('the disk is gone')) });
  await expect(attackBlocks(broken, {}, silent)).rejects.toThrow('the disk is gone');
});
