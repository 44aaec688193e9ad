/** Folders of the form of `dinov2-masking`: masks from given draws, and what many masks have in common. Nothing depends on the engine. */
import { join } from 'node:path';
import { z } from 'zod';
import { blockMask, type Draws, largestBlock } from '../../../../src/method/masks/blockMask.js';
import { maskDraws, masksOfCrops, mostMasked } from '../../../../src/method/masks/maskedCrops.js';
import { type Difference, exact } from '../../difference.js';
import { parseExpected, unknownKeys } from '../../expected.js';
import type { Kind } from '../../kind.js';
import { TensorFile } from '../../tensorFile.js';

/** As the folder's README has them; `sigmas` of the mean. */
const LIMITS = { sigmas: 7, cell: 0.035, complete: 0.02 };

const count = z.int().min(0);
const grid = z.tuple([count, count]);
const drawSchema = z.tuple([z.enum(['uniform', 'randint']), z.number()]);
const expectedSchema = z.object({
  min_num_patches: z.literal(4),
  min_aspect: z.literal(0.3),
  max_aspect: z.number(),
  attempts: z.literal(10),
  replays: z
    .array(z.object({ grid, asked: count, max_num_patches: z.number(), masked: count, draws: z.array(drawSchema) }))
    .min(1),
  distributions: z.array(
    z.object({
      grid,
      asked: count,
      max_num_patches: z.number(),
      draws: count,
      mean: z.number(),
      sigma: z.number(),
      exactly_as_asked: z.number(),
    }),
  ),
  collate: z.array(
    z.object({
      global_crops: count,
      grid,
      mask_ratio_min_max: z.tuple([z.number(), z.number()]),
      mask_sample_probability: z.number(),
      batches: count,
      masked_crops: count,
      upperbound: count,
      sorted_masked_patches_mean: z.array(z.number()),
      sorted_masked_patches_sigma: z.array(z.number()),
      masked_patches_mean: z.number(),
      masked_patches_sigma: z.number(),
    }),
  ),
  max_num_patches_of_train: z.record(z.string().regex(/^\d+\/\d+$/), z.number()),
});
type Expected = z.output<typeof expectedSchema>;

export const dinov2Masking: Kind = {
  name: 'dinov2-masking',
  tellBy: 'an expected.json with replays, distributions and collate',
  recognizes: (json) => ['replays', 'distributions', 'collate'].every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const expected = parseExpected(expectedSchema, file, json);
    const masks = new TensorFile(join(dir, 'masks.safetensors'));
    const { replays, distributions, collate, max_num_patches_of_train: largest } = expected;
    const known = [...replays.keys()]
      .map((i) => `replay_${i}`)
      .concat([...distributions.keys()].map((i) => `cell_frequency_${i}`));
    return {
      leftOut: [
        ...unknownKeys(json, Object.keys(expectedSchema.shape)),
        ...Object.keys(masks.tensors).filter((name) => !known.includes(name)),
      ],
      precisions: [],
      *withoutEngine() {
        yield* replayed(expected, masks);
        yield* distributed(expected, masks);
        yield* collated(expected);
        for (const [sizes, patches] of Object.entries(largest)) {
          const [image = 0, patch = 0] = sizes.split('/').map(Number);
          yield exact(`largest block of ${sizes}`, largestBlock(image, patch) === patches);
        }
      },
      async *on() {},
      count: () => ({
        withoutEngine: 2 * replays.length + 4 * distributions.length + 4 * collate.length + Object.keys(largest).length,
        on: 0,
      }),
    };
  },
};

function* replayed({ replays }: Expected, masks: TensorFile): Generator<Difference> {
  for (const [i, { grid, asked, max_num_patches, draws }] of replays.entries()) {
    const [rows, columns] = grid;
    const given = [...draws];
    const next = (kind: string): number => {
      const [drawn, value] = given.shift() ?? [];
      return drawn === kind && value !== undefined ? value : Number.NaN;
    };
    const made = blockMask({ rows, columns }, asked, max_num_patches, {
      uniform: () => next('uniform'),
      whole: () => next('randint'),
    });
    yield exact(`replay ${i}`, [...made].join() === [...masks.get(`replay_${i}`).data].join());
    yield exact(`draws of replay ${i}`, given.length === 0);
  }
}

function* distributed({ distributions }: Expected, masks: TensorFile): Generator<Difference> {
  for (const [i, one] of distributions.entries()) {
    const { asked, max_num_patches, draws, mean, sigma, exactly_as_asked } = one;
    const [rows, columns] = one.grid;
    const random: Draws = maskDraws(i, 0, 0);
    const frequency = new Float64Array(rows * columns);
    const counts = Array.from({ length: draws }, () => {
      const mask = blockMask({ rows, columns }, asked, max_num_patches, random);
      mask.forEach((isMasked, cell) => {
        frequency[cell] = (frequency[cell] as number) + isMasked / draws;
      });
      return sum(mask);
    });
    const of = `distribution ${i}`;
    yield within(`mean of ${of}`, sum(counts) / draws - mean, (LIMITS.sigmas * sigma) / Math.sqrt(draws));
    const complete = counts.filter((count) => count === asked).length / draws;
    yield within(`complete masks of ${of}`, complete - exactly_as_asked, LIMITS.complete);
    const cells = masks.get(`cell_frequency_${i}`).data;
    const off = Math.max(...frequency.map((value, cell) => Math.abs(value - (cells[cell] as number))));
    yield within(`cells of ${of}`, off, LIMITS.cell);
    yield exact(
      `never more than asked in ${of}`,
      counts.every((count) => count <= asked),
    );
  }
}

function* collated({ collate }: Expected): Generator<Difference> {
  for (const [i, one] of collate.entries()) {
    const { global_crops: crops, batches, mask_ratio_min_max: ratio, mask_sample_probability: probability } = one;
    const [rows, columns] = one.grid;
    // The folder's blocks are at most half of the grid.
    const spec = { grid: { rows, columns }, probability, ratio, largestBlock: 0.5 * rows * columns };
    const random = maskDraws(i, 1, 0);
    const sorted = Array.from({ length: batches }, () => {
      const masks = masksOfCrops(crops, spec, random);
      const counts = Array.from({ length: crops }, (_, crop) =>
        sum(masks.subarray(crop * rows * columns, (crop + 1) * rows * columns)),
      );
      return counts.filter((count) => count > 0).sort((a, b) => a - b);
    });
    const of = `batch ${i}`;
    yield exact(
      `masked crops of ${of}`,
      sorted.every(({ length }) => length === one.masked_crops),
    );
    yield exact(`upper bound of ${of}`, mostMasked(crops, spec) === one.upperbound);
    const totals = sorted.map(sum);
    const mean = sum(totals) / batches;
    const allowed = (LIMITS.sigmas * one.masked_patches_sigma) / Math.sqrt(batches);
    yield within(`masked patches of ${of}`, mean - one.masked_patches_mean, allowed);
    const off = one.sorted_masked_patches_mean.map((wanted, place) => {
      const ours = sum(sorted.map((counts) => counts[place] ?? 0)) / batches;
      const sigma = one.sorted_masked_patches_sigma[place] ?? 0;
      return Math.abs(ours - wanted) / ((LIMITS.sigmas * sigma) / Math.sqrt(batches));
    });
    yield within(`ratios of ${of}`, Math.max(...off), 1);
  }
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

const within = (quantity: string, difference: number, limit: number): Difference => ({
  quantity,
  limit,
  measure: 'absolute',
  value: Math.abs(difference),
});
