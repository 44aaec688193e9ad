import { expect, it } from 'vitest';
import { RetrievalDescriptors } from '../../../../src/evaluation/retrieval/descriptors.js';
import { engineOfFirstValues, network, normalized } from '../surroundings.js';

/** Gray throughout; a patch has 4 pixels. */
const gray = (width: number, height: number) => ({
  ...{ width, height, channels: 3 },
  data: new Uint8Array(width * height * 3).fill(200),
});
const describedBy = (scales: 'one' | 'several', longest = 100) => {
  const { engine, asked } = engineOfFirstValues();
  return { descriptors: new RetrievalDescriptors({ engine, network }, { longest, scales }), asked };
};
const sizes = ({ calls }: ReturnType<typeof describedBy>['asked']) => calls.map(({ images }) => images?.shape.slice(2));

it('an image is described at one size or at three, by a feature of length 1', async () => {
  for (const scales of ['one', 'several'] as const) {
    const { descriptors, asked } = describedBy(scales);
    const [first, second] = await descriptors.of(gray(16, 8), 'a.png');
    const value = normalized(200);
    expect(first).toBeCloseTo(value / Math.hypot(value, 1), 5);
    expect(second).toBeCloseTo(1 / Math.hypot(value, 1), 5);
    const whole = [8, 16];
    expect(sizes(asked)).toEqual(scales === 'one' ? [whole] : [whole, [5, 11], [4, 8]]);
    await descriptors.dispose();
    expect(asked.disposed, 'what was compiled is given back').toBe(scales === 'one' ? 1 : 3);
  }
});

it('a large image is reduced to the longest side that is asked for', async () => {
  const { descriptors, asked } = describedBy('one', 8);
  await descriptors.of(gray(16, 8), 'a.png');
  expect(sizes(asked)).toEqual([[4, 8]]);
});

it('an image is refused only where its shorter side is less than a patch at the smallest scale', async () => {
  const one = describedBy('one').descriptors;
  expect(await one.of(gray(4, 20), 'a.png')).toHaveLength(2);
  await expect(one.of(gray(20, 3), 'a.png')).rejects.toThrow(
    'The image a.png has 20 x 3 pixels: at a scale of 1 that is less than a patch of 4 pixels.',
  );
  const several = describedBy('several').descriptors;
  expect(await several.of(gray(8, 20), 'a.png')).toHaveLength(2);
  await expect(several.of(gray(7, 20), 'a.png')).rejects.toThrow(
    'The image a.png has 7 x 20 pixels: at a scale of 0.5 that is less than a patch of 4 pixels.',
  );
});

it('a network without patches takes images of a pixel', async () => {
  const backbone = {
    kind: 'resnet',
    block: 'basic',
    layers: [1, 1, 1, 1],
    width: 2,
    inChans: 3,
    imageSize: 8,
  } as const;
  const { engine } = engineOfFirstValues();
  const of = (scales: 'one' | 'several') =>
    new RetrievalDescriptors({ engine, network: { ...network, backbone } }, { longest: 100, scales });
  expect(await of('one').of(gray(1, 3), 'a.png')).toHaveLength(2);
  expect(await of('several').of(gray(2, 3), 'a.png')).toHaveLength(2);
  await expect(of('several').of(gray(1, 3), 'a.png')).rejects.toThrow('less than a patch of 1 pixels');
});
