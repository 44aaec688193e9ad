/** What is wrong with a network is said by the names that its file has. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../../src/program/program.js';
import { readNetwork } from '../../../src/weights/readNetwork.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { behind, filled, inBlocks, named, REFERENCE, VIT } from './smallVit.js';
import { torchFile } from './torchFile.js';
import { dict, tensor } from './torchFiles.js';

describe('what is wrong with a network', () => {
  const HF = join(REFERENCE, 'weights/hf-vit');
  const HF_DINOV2 = join(REFERENCE, 'weights/hf-dinov2');
  const without = async (from: string, change: (tensors: Record<string, HostTensor>) => void) => {
    const path = join(temporaryFolder(), 'x.safetensors');
    const tensors = { ...readSafetensors(join(from, 'model.safetensors')) };
    change(tensors);
    await writeSafetensors(path, tensors);
    return readNetwork(path);
  };

  it.each([
    [HF, 'layernorm.weight'],
    [HF, 'encoder.layer.1.layernorm_before.weight'],
    [HF, 'encoder.layer.1.output.dense.bias'],
    [HF_DINOV2, 'encoder.layer.1.norm1.weight'],
    [HF_DINOV2, 'encoder.layer.0.layer_scale2.lambda1'],
  ])('is said by the name that the file would have: %s %s', async (from, name) => {
    await expect(
      without(from, (tensors) => {
        delete tensors[name];
      }),
    ).rejects.toThrow(`is of another architecture: ${name} is missing, where the shape [12] is needed.`);
  });

  it('is said by the name that the file has', async () => {
    const integers: HostTensor = { shape: [12], dtype: 'int32', data: new Int32Array(12) };
    await expect(
      without(HF, (tensors) => {
        tensors['layernorm.weight'] = integers;
      }),
    ).rejects.toThrow(
      'x.safetensors is of another architecture: layernorm.weight holds int32 values, but float32 is needed.',
    );
    await expect(
      without(HF, (tensors) => {
        tensors['encoder.layer.1.layernorm_after.weight'] = {
          ...filled(12),
          data: new Float32Array(12).fill(Number.NaN),
        };
      }),
    ).rejects.toThrow(
      'x.safetensors is of no use: encoder.layer.1.layernorm_after.weight holds values that are infinite',
    );
    const path = torchFile({ ...behind('module.'), 'module.norm.weight': filled(7) });
    await expect(readNetwork(path)).rejects.toThrow('module.norm.weight has the shape [7], but [48] is needed.');
  });

  it('is a type of numbers by its own name', async () => {
    const path = torchFile(VIT, (_, entries) =>
      dict({
        ...entries,
        'norm.weight': tensor({ key: '0', length: 48, shape: [48], strides: [1], type: 'CharStorage' }),
      }),
    );
    await expect(readNetwork(path)).rejects.toThrow('norm.weight holds int8 values, but float32 is needed.');
  });

  it('is a block that is left out', async () => {
    const path = torchFile(named(VIT, (name) => name.replace(/^blocks\.0\./, 'blocks.3.')));
    await expect(readNetwork(path)).rejects.toThrow(
      `${path} is of another architecture: it has the block 3, but not the block 0; blocks are counted from 0.`,
    );
  });

  it('is said of two tensors that stand for one', async () => {
    const path = torchFile({ ...VIT, ...inBlocks(['gamma_1', 'gamma_2', 'ls1.gamma']) });
    await expect(readNetwork(path, { library: 'DINO' })).rejects.toThrow(
      /blocks\.0\.\S+ and blocks\.0\.\S+ are the same tensor of one network\./,
    );
  });
});
