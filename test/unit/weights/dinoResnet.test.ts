import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NamedHostTensors } from '../../../src/program/program.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const REFERENCE = 'test/reference/resnet';

async function written(change: (tensors: Record<string, NamedHostTensors[string]>) => void): Promise<string> {
  const tensors = { ...readSafetensors(`${REFERENCE}/basic_initial.safetensors`) };
  change(tensors);
  const path = join(temporaryFolder(), 'weights.safetensors');
  await writeSafetensors(path, tensors);
  return path;
}

describe("torchvision's ResNets", () => {
  test.each(['basic', 'bottleneck'] as const)('are told by their tensors: %s', async (block) => {
    const { backbone, head, parameters, notes } = await loadNetwork(`${REFERENCE}/${block}_initial.safetensors`);
    const layers = block === 'basic' ? [1, 1, 1, 1] : [1, 2, 1, 1];
    expect(backbone).toEqual({
      kind: 'resnet',
      block,
      layers,
      width: block === 'basic' ? 4 : 3,
      inChans: 3,
      imageSize: 224,
    });
    expect(head).toMatchObject({ inDim: block === 'basic' ? 32 : 96, batchNorm: false });
    expect(notes).toEqual([]);
    expect(parameters['backbone.bn1.num_batches_tracked']).toMatchObject({ shape: [], dtype: 'float32' });
    expect(parameters['backbone.bn1.num_batches_tracked']?.data[0]).toBe(5);
  });

  test('are read with a classifier beside them, and without counts of batches', async () => {
    const path = await written((tensors) => {
      for (const name of Object.keys(tensors)) if (name.endsWith('num_batches_tracked')) delete tensors[name];
      tensors['backbone.fc.weight'] = { shape: [2, 32], dtype: 'float32', data: new Float32Array(64) };
    });
    const { parameters } = await loadNetwork(path);
    expect(parameters['backbone.bn1.num_batches_tracked']?.data[0]).toBe(0);
    expect(parameters['backbone.fc.weight']).toBeUndefined();
  });

  test.each<[string, (tensors: Record<string, NamedHostTensors[string]>) => void, string]>([
    [
      'a foreign part',
      (tensors) =>
        (tensors['backbone.layer1.0.se.weight'] = { shape: [1], dtype: 'float32', data: new Float32Array(1) }),
      'is of another architecture: it has backbone.layer1.0.se.weight',
    ],
    [
      'a part that is missing',
      (tensors) => delete tensors['backbone.layer2.0.bn1.running_var'],
      'is of another architecture: backbone.layer2.0.bn1.running_var is missing',
    ],
    [
      'another shape',
      (tensors) =>
        (tensors['backbone.layer1.0.conv2.weight'] = {
          shape: [4, 2, 3, 3],
          dtype: 'float32',
          data: new Float32Array(72),
        }),
      'is of another architecture: backbone.layer1.0.conv2.weight has the shape [4, 2, 3, 3], but [4, 4, 3, 3] is needed',
    ],
    [
      'a stage that is missing',
      (tensors) => {
        for (const name of Object.keys(tensors)) if (name.includes('layer4')) delete tensors[name];
      },
      "holds no ResNet of torchvision's: it does not have the four stages layer1 to layer4",
    ],
  ])('are refused with %s', async (_, change, sentence) => {
    await expect(loadNetwork(await written(change))).rejects.toThrow(sentence);
  });
});
