import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { NETWORKS } from '../../../scripts/exports/networks.mjs';
import { onnxModelOf } from '../../../src/exports/formats/onnx.js';
import { namedOutputs } from '../../../src/exports/tracedNetwork.js';
import { difference, image, network, noise, ours } from './networks.js';

/** Sides that are multiples of the patch and not, square and not, larger and smaller than in training, and one that only seems trained. */
const IMAGES = [
  ...['native', 'wide', 'small'].map((name) => [name, () => image(name)] as const),
  ['a batch of one, 32 x 8', () => noise(1, 3, 32, 8)] as const,
  ['a batch of three, 18 x 29', () => noise(3, 3, 18, 29)] as const,
  ['as many patches as in training, 17 x 16', () => noise(1, 3, 17, 16)] as const,
];

describe.each(Object.keys(NETWORKS))('The ONNX model of a network with %s', (name) => {
  it('gives what this program gives, for images of any number and size', { timeout: 120_000 }, async () => {
    const exported = await network(name);
    const model = await onnxModelOf(
      { network: exported, role: 'teacher' },
      'images',
      namedOutputs({ network: exported, role: 'teacher' }),
    );
    const session = await InferenceSession.create(model);
    for (const [, make] of IMAGES) {
      const images = make();
      const wanted = await ours(exported, images);
      const given = await session.run({ images: new Tensor('float32', images.data as Float32Array, images.shape) });
      expect(Object.keys(given).sort()).toEqual(Object.keys(wanted).sort());
      for (const [output, tensor] of Object.entries(wanted)) {
        const { dims, data } = given[output] as Tensor;
        expect(difference(tensor, { shape: dims, data: data as Float32Array })).toBeLessThan(1e-5);
      }
    }
    await session.release();
  });
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
