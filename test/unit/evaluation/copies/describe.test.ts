/** Descriptors by an engine whose patches are known: their first value and 1. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CopyDescriptors } from '../../../../src/evaluation/copies/describe.js';
import { indexedCopies } from '../../../../src/evaluation/copies/indexedCopies.js';
import type { LoadedNetwork } from '../../../../src/runs/network.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { computing, datasetOf, engineOfTokens, network, normalized, writeLevels } from '../surroundings.js';

function describing(side?: number, signal = new AbortController().signal) {
  const { engine, asked } = engineOfTokens();
  const { by, said } = computing({ engine, signal });
  return { descriptors: new CopyDescriptors(by, side), by, asked, said };
}
/** CLS token and mean patch: for a bright image both are its value and 1; below 0 the mean is almost nothing. */
const described = (level: number) => [
  expect.closeTo(normalized(level), 4),
  1,
  expect.closeTo(Math.max(1e-6, normalized(level)), 4),
  expect.closeTo(1, 6),
];

it('each readable image has a row, and those that cannot be read are told', async () => {
  const { descriptors, said, asked } = describing();
  const found = await descriptors.ofDataset(datasetOf([200, undefined, 20]));
  expect(found.names).toEqual(['image 0', 'image 2']);
  expect(found.descriptors).toMatchObject({ rows: 2, dim: 4 });
  expect([...found.descriptors.data]).toEqual([...described(200), ...described(20)]);
  expect(said.warnings).toEqual([expect.stringContaining('image 1')]);
  expect(said.progress).toEqual([0, 1, 2, 3].map((done) => [done, 3, 'descriptors of /data']));
  await descriptors.dispose();
  expect(asked.disposed).toBe(1);
});

it('the rows of an index tell which images they are of', async () => {
  const { features, images, unreadable } = await describing().descriptors.of(
    datasetOf([undefined, 200, undefined]),
    () => undefined,
  );
  expect([features.rows, [...images]]).toEqual([1, [1]]);
  expect(unreadable.map(({ message }) => message)).toEqual(
    ['image 0', 'image 2'].map((name) => expect.stringContaining(name)),
  );
});

it('images of a data set where none can be read are refused', async () => {
  await expect(describing().descriptors.ofDataset(datasetOf([undefined]))).rejects.toThrow(
    'None of the images in /data can be read.',
  );
});

it('what fails otherwise than by an image ends the work, and so does a wish', async () => {
  const broken = datasetOf([1], { read: () => Promise.reject(new Error('the disk is gone')) });
  await expect(describing().descriptors.ofDataset(broken)).rejects.toThrow('the disk is gone');
  const stop = new AbortController();
  const { descriptors, asked } = describing(undefined, stop.signal);
  const { read, ...others } = datasetOf([1, 2, 3]);
  const stopping = datasetOf([1, 2, 3], {
    ...others,
    read: (index, channels) => {
      if (index === 1) stop.abort(new Error('enough'));
      return read(index, channels);
    },
  });
  await expect(descriptors.ofDataset(stopping)).rejects.toThrow('enough');
  expect(asked.calls).toHaveLength(2);
});

it('an image in a file is described alike, in squares of the side that is asked for', async () => {
  const folder = await writeLevels(temporaryFolder(), { 'light.png': 200 }, 20);
  const { descriptors, asked } = describing(12);
  const file = join(folder, 'light.png');
  const found = await descriptors.ofFile(file);
  expect(found.names).toEqual([file]);
  expect([...found.descriptors.data]).toEqual(described(200));
  expect(asked.calls[0]?.['images']?.shape).toEqual([1, 3, 12, 12]);
});

it('a side that no patch fits into is refused, and a network without patches', () => {
  expect(() => describing(3)).toThrow('A size of 3 pixels is less than a patch of 4: choose a larger one.');
  expect(describing(4).descriptors.side).toBe(4);
  // 320 / 224 of 8 pixels, in whole patches.
  expect(describing().descriptors.side).toBe(8);
  const resnet = { ...network, backbone: { kind: 'resnet' } } as LoadedNetwork;
  expect(() => new CopyDescriptors(computing({ network: resnet }).by)).toThrow('is a ResNet, which has no patches');
});

it('an index of copies is another for another network or another side', async () => {
  const { by } = describing();
  const parameters = { ...network.parameters };
  parameters['backbone.norm.bias'] = { shape: [2], dtype: 'float32', data: Float32Array.of(1, 3) };
  const identities = [
    indexedCopies(by, 12),
    indexedCopies(by),
    indexedCopies({ ...by, network: { ...network, parameters } }),
  ].map(({ identity }) => identity);
  expect(new Set(identities).size).toBe(3);
  expect(indexedCopies(by, 8).identity).toBe(identities[1]);
  const describer = await indexedCopies(by, 12).describe();
  expect(describer).toMatchObject({ side: 12 });
});
