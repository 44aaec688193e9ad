/** What every evaluation does of its plan: its inputs and options are checked, and its result is said in several ways. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { evaluationOf, type Opened, type Reading } from '../../../src/evaluation/evaluation.js';
import { computing, datasetOf, network } from './surroundings.js';

const plan = {
  ...{ name: 'sum', title: 'A sum', description: 'adds', version: 2 },
  inputs: z.object({ images: z.string(), more: z.object({ depth: z.int().min(1) }).optional() }),
  options: z.object({
    times: z.int({ error: 'It must be a whole number.' }).default(2),
    of: z.object({ deep: z.int({ error: 'It must be deep.' }) }).optional(),
  }),
  result: z.object({ sum: z.number() }),
  suggest: ({ path }: { readonly path: string }) => ({ images: path }),
  open: async ({ images }: { readonly images: string }): Promise<Opened<number>> => ({
    ...{ data: images.length, inputs: { images: { path: images } }, notes: ['it is counted'] },
  }),
  run: async (data: number, { times }: { readonly times: number }) => ({
    ...{ images: { images: data }, result: { sum: data * times } },
  }),
  summary: ({ sum }: { readonly sum: number }) => [{ metric: 'knn_top1' as const, value: sum }],
  lines: ({ sum }: { readonly sum: number }) => [`the sum is ${sum}`],
};
const reading: Reading = { tables: {} };

it('an evaluation has what its plan says of it, and fits every network unless the plan says what one lacks', () => {
  const sum = evaluationOf(plan);
  expect(sum).toMatchObject({ name: 'sum', title: 'A sum', description: 'adds', version: 2 });
  expect([sum.inputs, sum.options, sum.result]).toEqual([plan.inputs, plan.options, plan.result]);
  expect(sum.suggest(datasetOf([]))).toEqual({ images: '/data' });
  expect(sum.unfit(network)).toBeUndefined();
  const picky = evaluationOf({ ...plan, unfit: ({ name }) => `${name} is too small` });
  expect(picky.unfit(network)).toBe('network is too small');
});

it('its inputs are opened as they are to be read, and its run says its result as numbers, in lines and as JSON', async () => {
  const asked: unknown[] = [];
  const open: typeof plan.open = (...given) => {
    asked.push(given);
    return plan.open(...given);
  };
  const opened = await evaluationOf({ ...plan, open }).open({ images: '/abc' }, {}, reading);
  expect(asked).toEqual([[{ images: '/abc' }, reading]]);
  expect(opened).toMatchObject({
    ...{ inputs: { images: { path: '/abc' } }, notes: ['it is counted'], options: { times: 2 } },
  });
  const { by } = computing();
  expect(await opened.run(by)).toEqual({
    ...{ images: { images: 4 }, result: { sum: 8 }, json: { sum: 8 } },
    ...{ summary: [{ metric: 'knn_top1', value: 8 }], lines: ['the sum is 8'] },
  });
  const shorter = evaluationOf({ ...plan, json: ({ sum }) => sum });
  const thrice = await shorter.open({ images: '/abc' }, { times: 3 }, reading);
  expect(await thrice.run(by)).toMatchObject({ result: { sum: 12 }, json: 12 });
});

it('what does not fit is named, whether an input or an option, in the words of its field where that has some', async () => {
  const opened = (inputs: unknown, options: unknown = {}) => evaluationOf(plan).open(inputs, options, reading);
  await expect(opened({ images: 5 })).rejects.toThrow(/^A sum: images is 5, but must be a text\.$/);
  await expect(opened({})).rejects.toThrow(/^A sum: images is missing\.$/);
  await expect(opened({ images: '', more: { depth: 0 } })).rejects.toThrow(
    /^A sum: more\.depth is 0, but must be at least 1\.$/,
  );
  await expect(opened({ images: '', sizes: 3 })).rejects.toThrow(/^A sum has no option sizes\.$/);
  await expect(opened({ images: '' }, { times: 1.5 })).rejects.toThrow(
    /^A sum: times is wrong: It must be a whole number\.$/,
  );
  await expect(opened({ images: '' }, { of: { deep: 'x' } })).rejects.toThrow(
    /^A sum: of\.deep is wrong: It must be deep\.$/,
  );
});
