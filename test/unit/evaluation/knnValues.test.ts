import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { evalCommand } from '../../../src/cli/eval.js';
import { knnRegression } from '../../../src/evaluation/evaluations/knnRegression.js';
import { knnValues, regressionErrors } from '../../../src/evaluation/knnValues.js';
import { resultOf, TINY_VIT } from '../cli/inProcess.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const matrix = (rows: readonly (readonly number[])[]) => ({
  rows: rows.length,
  dim: 2,
  data: Float32Array.from(rows.flat()),
});

it('the weighted mean of the nearest is told, weighted as the vote', () => {
  const train = matrix([
    [1, 0],
    [0, 1],
    [-1, 0],
  ]);
  const values = Float64Array.of(10, 20, 90);
  const [one, two] = knnValues({ train, test: matrix([[0.8, 0.6]]), values, ks: [1, 2], temperature: 0.5 });
  expect(one?.predicted[0]).toBe(10);
  const [near, far] = [Math.exp(0.8 / 0.5), Math.exp(0.6 / 0.5)];
  expect(two?.predicted[0]).toBeCloseTo((10 * near + 20 * far) / (near + far), 5);
  const [own] = knnValues({ train, values, ks: [1] });
  expect([...(own?.predicted ?? [])]).toEqual([20, 10, 20]);
});

it('each image has a value for each k, whatever order these come in', () => {
  const train = matrix([
    [1, 0],
    [0.8, 0.6],
    [0, 1],
  ]);
  const values = Float64Array.of(1, 2, 4);
  const test = matrix([
    [1, 0],
    [0, 1],
  ]);
  const all = knnValues({ train, test, values, ks: [3, 1] });
  expect(all.map(({ k }) => k)).toEqual([3, 1]);
  expect(all.map(({ predicted }) => predicted.length)).toEqual([2, 2]);
  expect([...(all[1]?.predicted ?? [])]).toEqual([1, 4]);
  const mean = (similarities: readonly number[]) => {
    const weights = similarities.map((similarity) => Math.exp(similarity / 0.07));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.reduce((sum, weight, at) => sum + weight * (values[at] ?? 0), 0) / total;
  };
  expect(all[0]?.predicted[0]).toBeCloseTo(mean([1, 0.8, 0]), 5);
  expect(all[0]?.predicted[1]).toBeCloseTo(mean([0, 0.6, 1]), 5);
});

it('errors are those of their definitions', () => {
  expect(regressionErrors(Float64Array.of(1, 2, 5), Float64Array.of(1, 3, 5))).toEqual({ mae: 1 / 3, r2: 1 - 1 / 8 });
  expect(regressionErrors(Float64Array.of(1), Float64Array.of(3))).toEqual({ mae: 2, r2: null });
});

async function gray(folder: string, levels: readonly number[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const level of levels)
    await sharp({ create: { width: 16, height: 16, channels: 3, background: { r: level, g: level, b: level } } })
      .png()
      .toFile(join(folder, `${level}.png`));
}

it('dino eval knn-regression takes the numbers from a table and says which are none', async () => {
  const root = temporaryFolder();
  const images = join(root, 'images');
  await gray(images, [0, 20, 200, 220]);
  const table = join(root, 'ages.csv');
  writeFileSync(table, 'name,age\n0.png,1.5\n20.png,2\n200.png,40\n220.png,41\n');
  const args = [...TINY_VIT, '--train', images, '--train-values', table];
  const { 'knn-regression': result, summary } = await resultOf(evalCommand(), 'knn-regression', ...args, '--k', '1');
  expect(result).toMatchObject({ leaveOneOut: true, errors: { 1: { mae: expect.any(Number) } }, best: '1' });
  expect(summary).toHaveProperty('knn_mae');
  const refused = (...more: string[]) => resultOf(evalCommand(), 'knn-regression', ...args, ...more);
  await expect(refused('--k', '4')).rejects.toThrow('k-NN needs k to be a whole number from 1 to 3');
  await expect(refused('--test', images)).rejects.toThrow('test images and their numbers go together');
  // The k that the test images prefer is not what stands for all.
  const two = await resultOf(evalCommand(), 'knn-regression', ...args, '--k', '2,3');
  const { errors } = two['knn-regression'] as { readonly errors: Readonly<Record<string, { readonly mae: number }>> };
  expect(two).toMatchObject({ summary: { knn_mae: errors['2']?.mae } });
  writeFileSync(table, 'name,label,age\n0.png,1,1.5\n20.png,1,2\n200.png,2,40\n220.png,2,41\n');
  await expect(refused()).rejects.toThrow('say by --class-column which has the numbers');
  writeFileSync(table, 'name,age\n0.png,old\n20.png,2\n200.png,40\n220.png,41\n');
  await expect(refused()).rejects.toThrow(
    `k-NN regression needs a number for each image of ${images}: of 0.png ages.csv has “old”, which is no number.`,
  );
  writeFileSync(table, 'name,age\n20.png,2\n200.png,40\n220.png,41\n');
  await expect(refused()).rejects.toThrow('of 0.png ages.csv has none.');
  expect(knnRegression.suggest({} as never)).toContain('nobody but a person can name');
});
