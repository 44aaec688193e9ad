import { expect, it } from 'vitest';
import { readableImage } from '../../../src/evaluation/readableImage.js';
import { datasetOf, network, plain } from './surroundings.js';

const gray = { ...network, backbone: { ...network.backbone, inChans: 1 } };

function reader(dataset = datasetOf([10, undefined])) {
  const warned: string[] = [];
  const read = (index: number) =>
    readableImage(dataset, index, { network: gray, warn: (message) => warned.push(message) });
  return { read, warned };
}

it('an image is read in as many channels as the network takes, and one that is torn is left out with a warning', async () => {
  const { read, warned } = reader();
  expect(await read(0)).toEqual(plain(10, 1));
  expect(warned).toEqual([]);
  expect(await read(1)).toBeUndefined();
  expect(warned).toEqual(['The image image 1 cannot be read: it is torn.']);
});

it('what goes wrong otherwise ends the work, without a warning', async () => {
  const { read, warned } = reader(datasetOf([1], { read: async () => Promise.reject(new Error('the disk is gone')) }));
  await expect(read(0)).rejects.toThrow('the disk is gone');
  expect(warned).toEqual([]);
});
