import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { networkAlone } from '../../../scripts/networkAlone.mjs';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

test('the backbone comes back as the nearest float16, the head does not', async () => {
  const [from, to] = ['from', 'to'].map((name) => join(temporaryFolder(), `${name}.safetensors`));
  if (from === undefined || to === undefined) throw new Error('unreachable');
  const tensor = (...values: number[]) => ({
    dtype: 'float32' as const,
    shape: [values.length],
    data: Float32Array.from(values),
  });
  const backbone = {
    // Halfway between two: to the even one. Up into the next power of two. The least ones, and less than half of the least.
    'backbone.a': tensor(1, -0.1, 2049, 2051, 2047.6, 2 ** -14, 1.4 * 2 ** -24, 1.6 * 2 ** -24, 2 ** -25, 65_519),
    'backbone.z.weight': tensor(3, 4, 5),
  };
  const rounded = {
    'backbone.a': tensor(1, -1638 / 2 ** 14, 2048, 2052, 2048, 2 ** -14, 2 ** -24, 2 ** -23, 0, 65_504),
    'backbone.z.weight': tensor(3, 4, 5),
  };
  await writeSafetensors(from, { ...backbone, 'head.last': tensor(7, 8, 9), 'backcast.b': tensor(6) });
  writeFileSync(to, networkAlone(readFileSync(from)));
  expect(readSafetensors(to)).toEqual(rounded);
});

test.each([65_520, Number.NaN])('%s is refused', async (value) => {
  const from = join(temporaryFolder(), 'from.safetensors');
  await writeSafetensors(from, { 'backbone.a': { dtype: 'float32', shape: [1], data: Float32Array.of(value) } });
  expect(() => networkAlone(readFileSync(from))).toThrow(`${value} is no float16.`);
});
