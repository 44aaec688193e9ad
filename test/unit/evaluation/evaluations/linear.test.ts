/** The linear probe on gray images, whose vectors a line parts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eagerEngine } from '../../../../src/engines/eager.js';
import type { Engine } from '../../../../src/engines/engine.js';
import type { Computing } from '../../../../src/evaluation/evaluation.js';
import { linear } from '../../../../src/evaluation/evaluations/linear.js';
import { DerivedFiles } from '../../../../src/files/derivedFiles.js';
import type { LoadedNetwork } from '../../../../src/runs/network.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { computing, engineOfFirstValues, network, writeLevels } from '../surroundings.js';

/** The vectors are features of first values, so many times behind each other; classifiers are really trained. */
function engineOfVectors(times = 1) {
  const { engine: first, asked } = engineOfFirstValues();
  const engine: Engine = {
    ...first,
    compile: async (program, state) => {
      if (program.name.startsWith('linear probe')) return eagerEngine.compile(program, state);
      const session = await first.compile(program, state);
      return {
        ...session,
        call: async (inputs) => {
          const { shape = [], data = [] } = (await session.call(inputs))['cls'] ?? {};
          const rows = Array.from({ length: shape[0] ?? 0 }, (_, row) =>
            Array(times).fill(data.slice(2 * row, 2 * row + 2)),
          );
          const vectors = rows.flat().flatMap((each) => [...each]);
          return { vectors: { shape: [rows.length, 2 * times], dtype: 'float32', data: Float32Array.from(vectors) } };
        },
      };
    },
  };
  return { engine, asked };
}

const DARK = { 'dark/0.png': 0, 'dark/20.png': 20, 'dark/40.png': 40, 'dark/60.png': 60, 'dark/70.png': 70 };
const LIGHT = {
  'light/180.png': 180,
  'light/200.png': 200,
  'light/210.png': 210,
  'light/220.png': 220,
  'light/240.png': 240,
};
const training = () => writeLevels(temporaryFolder(), { ...DARK, ...LIGHT });
/** One of the dark ones looks light. */
const testing = () =>
  writeLevels(temporaryFolder(), {
    'dark/10.png': 10,
    'dark/205.png': 205,
    'light/230.png': 230,
    'light/250.png': 250,
  });

const OPTIONS = { epochs: 30, lr: [1, 100] };
async function evaluated(inputs: object, options: object = OPTIONS, changes: Partial<Computing> = {}) {
  const { engine, asked } = engineOfVectors();
  const { by, said } = computing({ engine, ...changes });
  return { ...(await (await linear.open(inputs, options, { tables: {} })).run(by)), asked, said };
}

it('a classifier learns from training images and is tested on others', async () => {
  const [train, test] = [await training(), await testing()];
  const { result, images, summary, lines, asked, said } = await evaluated({ train, test });
  expect(images).toEqual({ train: 10, test: 4 });
  expect(result).toMatchObject({
    ...{ images: { train: 10, test: 4 }, setAside: false, vectors: { blocks: 1, avgpool: false, dim: 2 } },
    ...{ epochs: expect.any(Number), top1: 75, top5: null },
    heldOut: [{ rate: 1, top1: 100 }, { rate: 100 }],
    classes: [
      { name: 'dark', images: 2, accuracy: 50 },
      { name: 'light', images: 2, accuracy: 100 },
    ],
    confusion: [
      [0, 0, 1],
      [0, 1, 1],
      [1, 1, 2],
    ],
  });
  const { loss, rate, epoch } = result as { loss: number; rate: number; epoch: number };
  expect(loss).toBeGreaterThan(0);
  expect(summary).toEqual([{ metric: 'linear_top1', value: 75 }]);
  expect(lines).toEqual([
    '10 training and 4 test images, 2 classes',
    `top-1 75.00 %; learning rate ${rate}, after ${epoch} epoch${epoch === 1 ? '' : 's'}`,
  ]);
  expect(asked.disposed).toBe(1);
  expect(said.progress.slice(0, 3)).toEqual([
    [10, 10, `features of ${train}`],
    [4, 4, `features of ${test}`],
    [1, 30, 'epochs of the linear probe'],
  ]);
});

it('without test images a fifth is set aside, by the seed', async () => {
  const train = await training();
  const { result, images, lines } = await evaluated({ train }, { ...OPTIONS, lr: '1' });
  expect(images).toEqual({ train: 10 });
  expect(result).toMatchObject({ images: { train: 8, test: 2 }, setAside: true, heldOut: [], rate: 1, epoch: 30 });
  expect(lines[0]).toBe('8 training and 2 test images, set aside from them, 2 classes');
  const classesOf = async (seed: number) => {
    const { classes } = (await evaluated({ train }, { epochs: 1, seed })).result as { classes: { images: number }[] };
    return classes.map(({ images }) => images).join();
  };
  const drawn = await Promise.all([0, 1, 2, 3, 4, 5].map(classesOf));
  expect(new Set(drawn).size).toBeGreaterThan(1);
  expect(await classesOf(3)).toBe(drawn[3]);
});

it('of five classes and more, whether one is among the first five is told', async () => {
  const levels = Object.fromEntries(
    [0, 50, 100, 150, 200].flatMap((level, of) => [0, 3].map((more) => [`${of}/${more}.png`, level + more])),
  );
  const train = await writeLevels(temporaryFolder(), levels);
  const { summary, lines } = await evaluated({ train, test: await writeLevels(temporaryFolder(), levels) });
  expect(summary.slice(1)).toEqual([{ metric: 'linear_top5', value: 100 }]);
  expect(lines[1]).toContain(' %, top-5 100.00 %; learning rate');
});

it('the vectors that are asked for are taken', async () => {
  const train = await training();
  const vectorsOf = async (asked: object, times: number, of: LoadedNetwork = network) => {
    const { engine } = engineOfVectors(times);
    const { result } = await evaluated({ train }, { epochs: 1, ...asked }, { engine, network: of });
    return (result as { vectors: unknown }).vectors;
  };
  const deep = { ...network, backbone: { ...network.backbone, depth: 6 } } as LoadedNetwork;
  expect(await vectorsOf({}, 4, deep)).toEqual({ blocks: 4, avgpool: false, dim: 8 });
  expect(await vectorsOf({ blocks: 3 }, 3, deep)).toEqual({ blocks: 3, avgpool: false, dim: 6 });
  expect(await vectorsOf({ avgpool: true }, 2, deep)).toEqual({ blocks: 1, avgpool: true, dim: 4 });
  expect(await vectorsOf({ avgpool: false }, 4, deep)).toEqual({ blocks: 4, avgpool: false, dim: 8 });
  await expect(vectorsOf({ blocks: 7 }, 1, deep)).rejects.toThrow('The network has 6 blocks');
  await expect(vectorsOf({ blocks: 2, avgpool: true }, 1, deep)).rejects.toThrow('must be 1 with --avgpool');
});

it('vectors that were kept are not computed again, unless the network, the images or their classes are others', async () => {
  const kept = new DerivedFiles(temporaryFolder(), '.part', 1e9);
  const [train, test] = [await training(), await testing()];
  const calls = async (inputs: object, changes: Partial<Computing> = {}) => {
    const { asked, result } = await evaluated(inputs, OPTIONS, { kept, ...changes });
    return [asked.calls.length, (result as { top1: number }).top1];
  };
  expect(await calls({ train, test })).toEqual([2, 75]);
  expect(await calls({ train, test })).toEqual([0, 75]);
  expect((await calls({ train }))[0], 'other images').toBe(1);
  const parameters = { ...network.parameters };
  parameters['backbone.norm.bias'] = { shape: [2], dtype: 'float32', data: Float32Array.of(1, 3) };
  expect((await calls({ train, test }, { network: { ...network, parameters } }))[0], 'other weights').toBe(2);
});

it('vectors are kept for these classes, these vectors of these blocks and this engine alone', async () => {
  const kept = new DerivedFiles(temporaryFolder(), '.part', 1e9);
  const [train, test] = [await training(), await testing()];
  const { engine } = engineOfVectors();
  const calls = async (inputs: object, changes: Partial<Computing> = {}, options: object = {}) => {
    const vectors = engineOfVectors();
    const changed = { engine: { ...vectors.engine, ...changes.engine, compile: vectors.engine.compile } };
    await evaluated({ train, test, ...inputs }, { epochs: 1, lr: [1], ...options }, { kept, ...changes, ...changed });
    return vectors.asked.calls.length;
  };
  const deep = { ...network, backbone: { ...network.backbone, depth: 3 } } as LoadedNetwork;
  const trainLabels = join(temporaryFolder(), 'labels.csv');
  const table = (label: (name: string) => string) =>
    writeFileSync(
      trainLabels,
      ['name,class', ...Object.keys({ ...DARK, ...LIGHT }).map((name) => `${name},${label(name)}`)].join('\n'),
    );
  const cases: [string, () => Promise<number>][] = [
    ['at first', () => calls({})],
    ['another engine', () => calls({}, { engine: { ...engine, version: 'another' } })],
    ['another depth', () => calls({}, { network: deep }, { blocks: 1 })],
  ];
  for (const [name, count] of cases) expect([await count(), await count()], name).toEqual([2, 0]);
  table((name) => (name.startsWith('dark') ? 'dark' : 'light'));
  expect(await calls({ trainLabels }), 'the same classes by a table').toBe(0);
  table((name) => (name.startsWith('dark') && !name.includes('70') ? 'dark' : 'light'));
  expect(await calls({ trainLabels }), 'one of another class').toBe(2);
});

it('what is kept is of the test images that are there', async () => {
  const kept = new DerivedFiles(temporaryFolder(), '.part', 1e9);
  const train = await training();
  const options = { epochs: 1, lr: [1] };
  expect((await evaluated({ train }, options, { kept })).result).toMatchObject({ setAside: true });
  const again = await evaluated({ train }, options, { kept });
  expect([again.asked.calls.length, again.images, again.result]).toMatchObject([0, { train: 10 }, { setAside: true }]);
});

it('classifiers are kept under a key of their own for other images, rates, epochs, batches and seeds', async () => {
  const asked: string[] = [];
  class Listening extends DerivedFiles {
    override find(key: string): Promise<Uint8Array | undefined> {
      asked.push(key);
      return super.find(key);
    }
  }
  const kept = new Listening(temporaryFolder(), '.part', 1e9);
  const [train, test] = [await training(), await testing()];
  const keyBy = async (options: object, inputs: object = { train, test }) => {
    await evaluated(inputs, { epochs: 1, lr: [1], ...options }, { kept });
    return asked.at(-1);
  };
  const keys = [
    await keyBy({}),
    await keyBy({ lr: [2] }),
    await keyBy({ epochs: 2 }),
    await keyBy({ batch: 4 }),
    await keyBy({ seed: 1 }),
    await keyBy({}, { train, test: train }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(await keyBy({})).toBe(keys[0]);
});

it('the network is given back when it fails, too', async () => {
  const { engine, asked } = engineOfVectors();
  const failing: Engine = {
    ...engine,
    compile: async (program, state) => ({
      ...(await engine.compile(program, state)),
      call: () => Promise.reject(new Error('the engine is gone')),
    }),
  };
  const train = await training();
  await expect(evaluated({ train }, OPTIONS, { engine: failing })).rejects.toThrow('the engine is gone');
  expect(asked.disposed).toBe(1);
});

it('without any wish DINOv2 decides of the rates, and a batch has no more images than there are', async () => {
  const train = await training();
  const { result } = await evaluated({ train, test: await testing() }, { epochs: 1 });
  const { heldOut } = result as { heldOut: { rate: number }[] };
  expect(heldOut.map(({ rate }) => rate)).toEqual([
    ...[1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1],
  ]);
  const one = async (batch?: number) =>
    (await evaluated({ train, test: train }, { epochs: 2, lr: [1], ...(batch !== undefined && { batch }) })).result;
  expect(await one()).toEqual(await one(10));
  expect(await one(1000)).toEqual(await one(10));
  expect(await one(3)).not.toEqual(await one(10));
});

it('four classes have no first five', async () => {
  const levels = Object.fromEntries(
    [0, 80, 160, 240].flatMap((level, of) => [`${of}/a.png`, `${of}/b.png`].map((name, at) => [name, level + 3 * at])),
  );
  const train = await writeLevels(temporaryFolder(), levels);
  const { result, summary, lines } = await evaluated({ train, test: train }, { epochs: 1, lr: [1] });
  expect(result).toMatchObject({ top5: null });
  expect(summary).toHaveLength(1);
  expect(lines[1]).not.toContain('top-5');
});

it('fewer than four images are refused', async () => {
  const train = await writeLevels(temporaryFolder(), { 'dark/0.png': 0, 'dark/20.png': 20, 'light/200.png': 200 });
  await expect(evaluated({ train })).rejects.toThrow(
    `The linear probe needs at least 4 images to learn from; ${train} has 3.`,
  );
  await writeLevels(train, { 'light/220.png': 220 });
  expect((await evaluated({ train })).images).toEqual({ train: 4 });
});
