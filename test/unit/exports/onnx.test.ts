import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { NETWORKS } from '../../../scripts/exports/networks.mjs';
import { onnx, onnxModelOf } from '../../../src/exports/formats/onnx.js';
import { namedOutputs } from '../../../src/exports/tracedNetwork.js';
import type { HostTensor } from '../../../src/program/program.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { difference, image, network, noise, ours } from './networks.js';

/** Square and not, larger and smaller than in training. */
const IMAGES = [
  ...['native', 'wide', 'small'].map((name) => image(name)),
  ...[noise(1, 3, 32, 8), noise(3, 3, 20, 28), noise(1, 3, 64, 4)],
];
/** Not of whole patches of 4: some have as many values as images of whole patches. */
const WITH_REST = [noise(3, 3, 18, 29), noise(1, 3, 17, 16), noise(1, 3, 6, 6), noise(1, 3, 3, 16), noise(1, 3, 16, 2)];

const feeds = (images: HostTensor) => ({ images: new Tensor('float32', images.data as Float32Array, images.shape) });

describe.each(Object.keys(NETWORKS))('The ONNX model of a network with %s', (name) => {
  it('gives what this program gives, for images of any number and size', { timeout: 120_000 }, async () => {
    const exported = await network(name);
    const model = await onnxModelOf(
      { network: exported, role: 'teacher' },
      'images',
      namedOutputs({ network: exported, role: 'teacher' }),
    );
    // Refusals are not logged.
    const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
    const isVit = exported.backbone.kind === 'vit';
    for (const images of [...IMAGES, ...(isVit ? [] : [noise(3, 3, 18, 29)])]) {
      const wanted = await ours(exported, images);
      const given = await session.run(feeds(images));
      expect(Object.keys(given).sort()).toEqual(Object.keys(wanted).sort());
      for (const [output, tensor] of Object.entries(wanted)) {
        const { dims, data } = given[output] as Tensor;
        expect(difference(tensor, { shape: dims, data: data as Float32Array })).toBeLessThan(1e-5);
      }
    }
    for (const images of isVit ? WITH_REST : [])
      await expect(session.run(feeds(images)), images.shape.join(' x ')).rejects.toThrow(
        /sides_of_images_are_multiples_of_4/,
      );
    await session.release();
  });
});

it('An ONNX model leaves out what fills no patch where the images of the training have such a rest', async () => {
  const { backbone, ...loaded } = await network('registers');
  const exported = { ...loaded, backbone: { ...backbone, imageSize: 18 } };
  const { notes } = await onnx.write(
    { network: exported, role: 'teacher' },
    join(temporaryFolder(), 'x.onnx'),
    'x.onnx',
  );
  expect(notes).toContainEqual(
    expect.stringContaining('pixels at the right and at the bottom that fill no patch of 4'),
  );
  const model = await onnxModelOf({ network: exported, role: 'teacher' }, 'images', { features: 'features' });
  const session = await InferenceSession.create(model);
  for (const images of [noise(2, 3, 18, 18), noise(3, 3, 17, 29), noise(1, 3, 16, 16)]) {
    const { features } = await ours(exported, images);
    const given = (await session.run(feeds(images)))['features'] as Tensor;
    const got = { shape: given.dims, data: given.data as Float32Array };
    expect(difference(features as HostTensor, got)).toBeLessThan(1e-5);
  }
  await session.release();
});

it('An ONNX model has no operations but ONNX’s own, and says what its sizes are', async () => {
  const exported = await network('registers');
  const model = await onnxModelOf(
    { network: exported, role: 'teacher' },
    'images',
    namedOutputs({ network: exported, role: 'teacher' }),
  );
  expect(Buffer.from(model).includes('com.microsoft')).toBe(false);
  const session = await InferenceSession.create(model);
  const shapes = session.outputMetadata.map((output) => [output.name, output.isTensor && output.shape]);
  expect(Object.fromEntries(shapes)).toEqual({
    features: ['batch', 12],
    patch_tokens: ['batch', 'rows * columns', 12],
    attention: ['batch', 2, 'rows * columns + 5', 'rows * columns + 5'],
    registers: ['batch', 4, 12],
  });
});
