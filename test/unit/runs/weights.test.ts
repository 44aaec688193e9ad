import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSafetensors } from '../../../src/runs/safetensors.js';
import { loadNetwork, loadNetworkInto } from '../../../src/runs/weights.js';

export const TINY_VIT = join(import.meta.dirname, '../../reference/tiny-vit');

describe('the original code’s files', () => {
  test('checkpoint.pth gives exactly the weights of teacher_final.safetensors', async () => {
    const loaded = await loadNetwork(join(TINY_VIT, 'checkpoint.pth'));
    const expected = readSafetensors(join(TINY_VIT, 'teacher_final.safetensors'));
    expect(Object.keys(loaded.parameters).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, tensor] of Object.entries(expected)) expect(loaded.parameters[name], name).toEqual(tensor);
    expect(loaded.vit).toEqual({ patchSize: 8, inChans: 3, imageSize: 32, embedDim: 48, depth: 3, numHeads: 3 });
    expect(loaded.head).toMatchObject({ inDim: 48, hiddenDim: 64, bottleneckDim: 32, outDim: 96 });
    expect(loaded.name).toBe('checkpoint.pth (teacher)');
  });

  test('the student of checkpoint.pth, stored with module., is student_final.safetensors', async () => {
    const loaded = await loadNetwork(join(TINY_VIT, 'checkpoint.pth'), { prefer: 'student' });
    expect(loaded.parameters).toEqual(readSafetensors(join(TINY_VIT, 'student_final.safetensors')));
  });
});
