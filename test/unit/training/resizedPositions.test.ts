/** A run for images of another size than the weights that it starts from. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eagerEngine } from '../../../src/engines/eager.js';
import { tokensProgram } from '../../../src/method/backbones/vit/programs.js';
import type { VitSpec } from '../../../src/method/backbones/vit/spec.js';
import type { HostTensor, NamedHostTensors } from '../../../src/program/program.js';
import { initialNetwork, keptWeights } from '../../../src/training/init.js';
import { difference, noise } from '../exports/networks.js';

const REFERENCE = join(import.meta.dirname, '../../reference');

async function patches(backbone: VitSpec, weights: NamedHostTensors, images: HostTensor): Promise<HostTensor> {
  const [batch, , height, width] = images.shape as [number, number, number, number];
  const program = tokensProgram(backbone, { batch, height, width });
  const state = Object.fromEntries(Object.keys(program.state).map((name) => [name, weights[name] as HostTensor]));
  const session = await eagerEngine.compile(program, state);
  const { patches } = await session.call({ images });
  await session.dispose();
  return patches as HostTensor;
}

it.each(['timm-dino', 'timm-dinov2_reg4', 'hf-vit'])(
  'sees in them what the network itself makes of images of that size: %s',
  async (name) => {
    const init = await initialNetwork({ path: join(REFERENCE, 'weights', name) });
    const { backbone } = init.network;
    if (backbone.kind !== 'vit') throw new Error('It is a Vision Transformer.');
    for (const patchesPerSide of [2, 3, 6, 9]) {
      const side = patchesPerSide * backbone.patchSize;
      const images = noise(2, backbone.inChans, side, side);
      const kept = keptWeights(init, side);
      expect(kept['backbone.pos_embed']?.shape).toEqual([1, patchesPerSide ** 2 + 1, backbone.embedDim]);
      const positions = { ...backbone.positions, ofCls: true };
      const got = await patches({ ...backbone, imageSize: side, positions }, kept, images);
      const wanted = await patches(backbone, init.network.parameters, images);
      expect(difference(got, wanted)).toBeLessThan(1e-5);
    }
  },
);
