/** What a run with a teacher takes, and what may take its place where that does not fit. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { SettingsError } from '../../../../src/settings/problems.js';
import type { Settings } from '../../../../src/settings/settings.js';
import { prepareNew, readData } from '../../../../src/training/prepare.js';
import { dataSizeOf } from '../../../../src/training/suggestion/dataSize.js';
import { largestFitting } from '../../../../src/training/suggestion/largestFitting.js';
import { estimatedMemory } from '../../../../src/training/suggestion/memory.js';
import { fewerPrototypes } from '../../../../src/training/suggestion/smallerRun.js';
import { importedTeacher, STUDENT } from '../distilled.js';
import { writeImages } from '../images.js';

const { signal } = new AbortController();
let [data, teacher] = ['', ''];
beforeAll(async () => {
  data = await writeImages(mkdtempSync(join(tmpdir(), 'dino-images-')), 16);
  teacher = await importedTeacher();
});

async function prepared(set: Readonly<Partial<Settings>> = {}) {
  const request = { data, settings: { ...STUDENT, distill_from: teacher, ...set } };
  return { request, preparation: await prepareNew(request, await readData(data, signal), signal) };
}

it('a teacher that is computed first counts where it takes more than the training', async () => {
  const { preparation } = await prepared({ distill_outputs: join(mkdtempSync(join(tmpdir(), 'dino-')), 'outputs') });
  const size = dataSizeOf(preparation);
  expect(size).toMatchObject({ images: 16, isTeacherFirst: true });
  const { settings } = preparation;
  const estimates = async (of: Settings) => [
    await estimatedMemory(of, { ...size, isTeacherFirst: false }, 'onnx'),
    await estimatedMemory(of, size, 'onnx'),
  ];
  const [training, both] = await estimates(settings);
  expect(both).toBe(training);
  const { teacher_network: network } = settings;
  if (network?.backbone.kind !== 'vit') throw new Error('The teacher of the reference is a ViT.');
  const large = { ...network, backbone: { ...network.backbone, depth: 600 } };
  const [small = 0, whole = 0] = await estimates({ ...settings, teacher_network: large });
  expect(small).toBe(training);
  // A block of 32 channels has 12 x 32 x 32 weights, and some biases.
  const weights = 4 * 600 * 12 * 32 ** 2;
  expect(whole - 295 * 2 ** 20).toBeGreaterThan(2.4 * weights);
  expect(whole - 295 * 2 ** 20).toBeLessThan(4 * weights);
});

it('a teacher that is computed in each step does not count twice', async () => {
  expect(dataSizeOf((await prepared()).preparation)).toEqual({ images: 16, medianSize: expect.anything() });
});

it('no smaller run is proposed that contradicts its teacher, and the search goes on past one', async () => {
  const { request, preparation } = await prepared();
  const { settings, read } = preparation;
  if (read === undefined) throw new Error('A new run has read its data.');
  expect(fewerPrototypes({ ...settings, out_dim: 65536 }, 16)).toBeUndefined();
  expect(fewerPrototypes({ ...settings, out_dim: 65536, distill_from: '' }, 16)).toMatchObject({ out_dim: 1024 });
  const contradicting = { ...request, settings: { ...request.settings, out_dim: 1024 } };
  await expect(prepareNew(contradicting, read, signal)).rejects.toThrow(SettingsError);
  // The teacher was read once.
  const moved = { ...request, settings: { ...request.settings, distill_from: '/nowhere' } };
  expect((await prepareNew(moved, read, signal)).settings.teacher_network).toEqual(settings.teacher_network);
  const asked = { request, read, settings, preset: undefined, engine: 'onnx', mostBytes: 1 } as const;
  const { found, least } = await largestFitting(asked, signal);
  expect(found).toBeUndefined();
  expect(least?.instead.set).toEqual({ batch_size: 2 });
});
