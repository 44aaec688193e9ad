/** Networks that are compiled for each size of image, of which a few are kept. */
import { expect, it } from 'vitest';
import type { Engine } from '../../../src/engines/engine.js';
import { floatsOf, SizedNetwork } from '../../../src/evaluation/sizedNetwork.js';
import { featuresProgram, type ImageBatch } from '../../../src/method/features.js';
import { engineOfFirstValues, network } from './surroundings.js';

const planes = (width: number, height: number, level = 1) => ({
  ...{ planes: 3, width, height },
  data: Float32Array.from({ length: 3 * width * height }, () => level),
});

/** A network, and the sizes that it was compiled for. */
function sized(engine: Engine) {
  const compiled: ImageBatch[] = [];
  const net = new SizedNetwork(engine, network, (backbone, size) => {
    compiled.push(size);
    return featuresProgram(backbone, size);
  });
  return { net, compiled };
}

it('an image is given as it is, to what was compiled for its size with the weights of the backbone', async () => {
  const { engine, asked } = engineOfFirstValues();
  const { net, compiled } = sized(engine);
  const outputs = await net.run(planes(8, 4, 0.5));
  expect(floatsOf(outputs, 'cls')).toEqual(Float32Array.of(0.5, 1));
  expect(asked.calls).toEqual([{ images: { shape: [1, 3, 4, 8], dtype: 'float32', data: planes(8, 4, 0.5).data } }]);
  expect(compiled).toEqual([{ batch: 1, height: 4, width: 8 }]);
  expect(Object.keys(asked.state)).toEqual(['backbone.norm.bias']);
});

it('each size is compiled once, a wide one apart from a high one', async () => {
  const { engine } = engineOfFirstValues();
  const { net, compiled } = sized(engine);
  for (const [width, height] of [
    [8, 4],
    [4, 8],
    [8, 4],
    [4, 8],
  ] as const)
    await net.run(planes(width, height));
  expect(compiled.map(({ width, height }) => [width, height])).toEqual([
    [8, 4],
    [4, 8],
  ]);
});

it('six sizes are kept, and the one that was used least lately is given back for another', async () => {
  const { engine, asked } = engineOfFirstValues();
  const { net, compiled } = sized(engine);
  for (const width of [1, 2, 3, 4, 5, 6]) await net.run(planes(width, 1));
  expect(asked.disposed).toBe(0);
  await net.run(planes(1, 1));
  await net.run(planes(7, 1));
  expect(asked.disposed).toBe(1);
  await net.run(planes(1, 1));
  expect(compiled, 'the first was used lately').toHaveLength(7);
  await net.run(planes(2, 1));
  expect(compiled).toHaveLength(8);
  await net.dispose();
  expect(asked.disposed).toBe(8);
});

it('it is given back when all that was compiled is', async () => {
  const { engine } = engineOfFirstValues();
  let given = 0;
  const slow: Engine = {
    ...engine,
    compile: async (...asked) => ({
      ...(await engine.compile(...asked)),
      dispose: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        given++;
      },
    }),
  };
  const { net } = sized(slow);
  await net.run(planes(1, 1));
  await net.run(planes(2, 1));
  await net.dispose();
  expect(given).toBe(2);
});

it('a result that is not there, or is not of floats, is missed', () => {
  const whole = { cls: { shape: [1], dtype: 'int32', data: Int32Array.of(1) } } as const;
  expect(() => floatsOf(whole, 'cls')).toThrow('the network gave no cls');
  expect(() => floatsOf({}, 'patches')).toThrow('the network gave no patches');
});
