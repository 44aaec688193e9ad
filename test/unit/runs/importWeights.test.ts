import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importWeights } from '../../../src/runs/importWeights.js';
import { loadNetwork, provenanceOf } from '../../../src/runs/network.js';
import { temporaryFolder } from './temporaryFolder.js';

const WEIGHTS = join(import.meta.dirname, '../../reference/weights');
const versions = { 'dino-lab': '1' };
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

it.each(['timm-dinov2_giant_reg4', 'hf-dinov2_registers', 'dino/resnet-full.pth'])(
  'imported weights are the same network, and know where they come from: %s',
  async (name) => {
    const path = join(WEIGHTS, name);
    const out = join(temporaryFolder(), 'imported');
    const { source } = await importWeights({ path, out, versions });
    const direct = await loadNetwork(path);
    const { name: called, notes, source: _, ...imported } = await loadNetwork(out);
    const { parameters, backbone } = direct;
    expect(imported).toMatchObject({ parameters, backbone });
    expect([called.split(' ')[0], notes]).toEqual(['imported', direct.notes]);
    expect(source).toEqual(await provenanceOf(path, direct));
    expect(await provenanceOf(out, await loadNetwork(join(out, 'weights.safetensors')))).toEqual(source);
    const folder = name.endsWith('.pth') ? join(path, '..') : path;
    for (const { name, bytes, sha256: sum } of source.files) {
      expect(bytes).toBe(readFileSync(join(folder, name)).length);
      expect(sum).toBe(sha256(join(folder, name)));
    }
  },
);

it('heads are asked for where nothing tells them, and kept', async () => {
  const path = join(WEIGHTS, 'dinov2/chunked.pth');
  const out = join(temporaryFolder(), 'imported');
  await expect(importWeights({ path, out, versions })).rejects.toThrow('say how many (--heads)');
  expect(existsSync(out)).toBe(false);
  await importWeights({ path, out, numHeads: 2, versions });
  expect((await loadNetwork(out)).backbone).toMatchObject({ numHeads: 2, depth: 4 });
  expect((await loadNetwork(out, { numHeads: 3 })).backbone).toMatchObject({ numHeads: 3 });
});

it('nothing is written over, and what is damaged is named', async () => {
  const out = temporaryFolder();
  writeFileSync(join(out, 'mine'), '');
  const path = join(WEIGHTS, 'timm-dino');
  await expect(importWeights({ path, out, versions })).rejects.toThrow(`${out} is not empty: choose another folder`);
  expect(readdirSync(out)).toEqual(['mine']);
  const good = join(temporaryFolder(), 'imported');
  await importWeights({ path, out: good, versions });
  writeFileSync(join(good, 'import.json'), '{"schemaVersion": 1}');
  await expect(loadNetwork(good)).rejects.toThrow(`${join(good, 'import.json')} is wrong at backbone`);
});
