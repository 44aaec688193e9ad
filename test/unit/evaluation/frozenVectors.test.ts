/** Which vectors of a network a linear probe takes. */
import { expect, it } from 'vitest';
import { usualVectors, vectorsOf } from '../../../src/evaluation/frozenVectors.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { loadNetwork } from '../../../src/runs/network.js';

const vit = (embedDim: number, depth = 12) => ({
  kind: 'vit' as const,
  ...vitOfDino({ patchSize: 16, inChans: 3, imageSize: 224, embedDim, depth, numHeads: 6 }),
});
const resnet = async () => (await loadNetwork('test/reference/resnet/basic_initial.safetensors')).backbone;

it('of a small ViT the last four blocks, of a base one the last block and the mean patch', async () => {
  expect(usualVectors(vit(384))).toEqual({ blocks: 4, avgpool: false });
  expect(usualVectors(vit(384, 3))).toEqual({ blocks: 3, avgpool: false });
  expect(usualVectors(vit(768))).toEqual({ blocks: 1, avgpool: true });
  expect(usualVectors(await resnet())).toEqual({ blocks: 1, avgpool: false });
});

it('each block and the mean patch has the width of the network', () => {
  const widthOf = (blocks: number, avgpool: boolean) => vectorsOf(vit(384), { blocks, avgpool }).dim;
  expect([widthOf(1, false), widthOf(1, true), widthOf(4, false), widthOf(12, false)]).toEqual([384, 768, 1536, 4608]);
  const { program, output } = vectorsOf(vit(384), { blocks: 2, avgpool: false });
  expect(program({ batch: 3, height: 224, width: 224 }).inputs).toMatchObject({ images: { shape: [3, 3, 224, 224] } });
  expect(output).toBe('vectors');
});

it('blocks that there are not, and the mean patch of several, are refused', async () => {
  expect(() => vectorsOf(vit(384), { blocks: 13, avgpool: false })).toThrow(
    'The network has 12 blocks: the vectors of the last 13 cannot be taken.',
  );
  expect(() => vectorsOf(vit(384), { blocks: 2, avgpool: true })).toThrow(
    '--blocks is 2, but must be 1 with --avgpool',
  );
  const backbone = await resnet();
  expect(vectorsOf(backbone, { blocks: 1, avgpool: false }).output).toBe('cls');
  for (const vectors of [
    { blocks: 2, avgpool: false },
    { blocks: 1, avgpool: true },
  ])
    expect(() => vectorsOf(backbone, vectors)).toThrow('A ResNet has one feature vector an image');
});

it('each choice of vectors is a program of its own, for images of any size', async () => {
  const images = { batch: 2, height: 32, width: 48 };
  const programs = [
    vectorsOf(vit(384), { blocks: 1, avgpool: false }),
    vectorsOf(vit(384), { blocks: 1, avgpool: true }),
    vectorsOf(vit(384), { blocks: 2, avgpool: false }),
    vectorsOf(await resnet(), { blocks: 1, avgpool: false }),
  ].map(({ program }) => program(images));
  for (const { inputs } of programs) expect(inputs['images']?.shape).toEqual([2, 3, 32, 48]);
  expect(new Set(programs.map(({ name, identity }) => `${name} ${identity}`)).size).toBe(4);
});
