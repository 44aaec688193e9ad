import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { evalCommand } from '../../../src/cli/eval.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { writeImages } from '../training/images.js';
import { resultOf, TINY_VIT } from './inProcess.js';

let images: string;
let gnd: string;
beforeEach(async () => {
  images = await writeImages(temporaryFolder(), 6);
  gnd = join(temporaryFolder(), 'gnd.json');
});

interface Truth {
  readonly imlist?: readonly string[];
  readonly easy?: readonly number[];
}

async function evaluate({ imlist = ['0', '1', '2', '3'], easy = [0, 2] }: Truth, ...more: string[]) {
  const lists = [
    { easy, hard: [], junk: [] },
    { easy: [], hard: [], junk: [] },
  ];
  writeFileSync(gnd, JSON.stringify({ imlist, qimlist: ['4', '5'], gnd: lists }));
  return resultOf(evalCommand(), 'retrieval', ...TINY_VIT, '--images', images, '--gnd', gnd, ...more);
}

it.each([[[]], [['--multiscale']]])('The protocol leaves out a query without a match %j', async (flags) => {
  const result = await evaluate({}, '--k', '1,2', '--size', '32', ...flags);
  const none = { map: null, precision: {}, queries: 0, perQuery: [null, null] };
  const score = { map: expect.any(Number), precision: { 1: expect.any(Number), 2: expect.any(Number) }, queries: 1 };
  expect(result).toMatchObject({
    ...{ images: 4, queries: 2 },
    retrieval: { difficulties: { easy: score, medium: score, hard: none } },
  });
});

it('A ground truth that names no such image is refused', async () => {
  await expect(evaluate({ imlist: ['0', '1', 'radcliffe_1'] })).rejects.toThrow(
    `The ground truth ${gnd} names the image radcliffe_1, but ${images} has no image of that name.`,
  );
});

it('Queries that all have no match are refused', async () => {
  await expect(evaluate({ easy: [] })).rejects.toThrow(
    `None of the queries in ${gnd} has a match: there is nothing to find.`,
  );
});

it('An image that is less than a patch at the smallest scale is refused', async () => {
  await expect(evaluate({}, '--size', '12', '--multiscale')).rejects.toThrow(
    'has 12 x 12 pixels: at a scale of 0.5 that is less than a patch of 8 pixels.',
  );
});
