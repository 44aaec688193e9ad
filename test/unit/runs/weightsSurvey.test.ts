import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importWeights } from '../../../src/runs/importWeights.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { surveyWeights } from '../../../src/runs/weightsSurvey.js';
import { writeSafetensors } from '../../../src/weights/safetensors.js';
import { temporaryFolder } from './temporaryFolder.js';

const WEIGHTS = join(import.meta.dirname, '../../reference/weights');

it('asks nothing where a config tells the heads and the library', async () => {
  const { heads, networks, likeLibraries, library } = await surveyWeights(join(WEIGHTS, 'timm-dino'));
  expect({ heads, networks, likeLibraries, library }).toEqual({
    heads: undefined,
    networks: [],
    likeLibraries: [],
    library: 'timm',
  });
});

it('asks for the heads where nothing tells them', async () => {
  expect((await surveyWeights(join(WEIGHTS, 'dinov2/chunked.pth'))).heads).toMatchObject({ width: expect.any(Number) });
});

it('asks whose a bare network is, where libraries compute different things with it', async () => {
  const path = join(temporaryFolder(), 'bare.safetensors');
  const { parameters } = await loadNetwork(join(WEIGHTS, 'timm-dino'));
  const bare = Object.entries(parameters).map(([name, tensor]) => [name.replace('backbone.', ''), tensor]);
  await writeSafetensors(path, Object.fromEntries(bare));
  const { library, likeLibraries } = await surveyWeights(path);
  expect([library, likeLibraries]).toEqual(['DINO', ['MoCo v3', 'DeiT']]);
  // What a person has said is not asked again.
  expect((await surveyWeights(path, { library: 'timm' })).likeLibraries).toEqual([]);
});

it('asks nothing of an import', async () => {
  const out = join(temporaryFolder(), 'imported');
  await importWeights({ path: join(WEIGHTS, 'dinov2/chunked.pth'), out, numHeads: 2, versions: {} });
  expect(await surveyWeights(out)).toMatchObject({ networks: [], likeLibraries: [] });
  expect(await surveyWeights(out)).not.toHaveProperty('heads');
});
