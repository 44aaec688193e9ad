import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { networkAlone } from '../../../scripts/networkAlone.mjs';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

test('the backbone comes back bit for bit, the head does not', async () => {
  const [from, to] = ['from', 'to'].map((name) => join(temporaryFolder(), `${name}.safetensors`));
  if (from === undefined || to === undefined) throw new Error('unreachable');
  const tensor = (...values: number[]) => ({
    dtype: 'float32' as const,
    shape: [values.length],
    data: Float32Array.from(values),
  });
  const backbone = { 'backbone.a': tensor(1, -0.1), 'backbone.z.weight': tensor(3, 4, 5) };
  await writeSafetensors(from, { ...backbone, 'head.last': tensor(7, 8, 9), 'backcast.b': tensor(6) });
  writeFileSync(to, networkAlone(readFileSync(from)));
  expect(readSafetensors(to)).toEqual(backbone);
});
