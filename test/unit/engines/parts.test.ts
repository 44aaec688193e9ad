import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { divide } from '../../../src/compile/parts.js';
import { simplify } from '../../../src/compile/simplify.js';
import { trace } from '../../../src/compile/trace.js';
import { CompiledModels } from '../../../src/engines/compiledModels.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { onnxInPlace } from '../../../src/engines/onnxInPlace.js';
import { openModel } from '../../../src/engines/onnxModel.js';
import type { OnnxLibrary } from '../../../src/engines/onnxRunner.js';
import { OnnxSession } from '../../../src/engines/onnxSession.js';
import { chainsOf, lanesOf, partsForCaches } from '../../../src/engines/partPlan.js';
import { simplifiedProgram } from '../../../src/engines/simplifiedProgram.js';
import { float32, type NamedTensors, type Program } from '../../../src/program/program.js';
import { meanOverReplicas } from '../../../src/program/replicas.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { stepProgram } from '../../../src/training/step.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { DIVIDED_STEPS, expectSameSteps, settingsFor, stateOf, steps, threeSteps } from './sharedSteps.js';

interface Wanted {
  readonly parts?: number;
  readonly cores?: number;
  readonly models?: CompiledModels;
  readonly library?: OnnxLibrary;
}

async function sessionOf(program: Program, { parts, cores, models, library = onnxInPlace }: Wanted = {}) {
  const partsOf = parts === undefined ? undefined : () => parts;
  const opened = await openModel(program, {
    ...{ version: 'of the test', library, models, fuses: true, cores, stop: undefined },
    partsOf,
  });
  return new OnnxSession(program, { ...opened, profile: undefined });
}

async function resultsOf(changed: Record<string, unknown>, wanted: Wanted = {}) {
  const settings = settingsFor(changed);
  const session = await sessionOf(stepProgram(settings), wanted);
  await session.writeState(stateOf(settings));
  return threeSteps(session, settings);
}

describe('A step whose images are computed in parts', () => {
  it.each(DIVIDED_STEPS)('is the step of all images at once: %s', async (_, changed, parts) => {
    const whole = await resultsOf(changed);
    const divided = await resultsOf(changed, { parts });
    expect(whole.runsAs).toBeUndefined();
    expect(divided.runsAs).toContain(`images in ${parts} parts`);
    expectSameSteps(divided, whole);
  });

  it('is the same to the bit on any number of cores', async () => {
    const changed = { batch_size: 32 };
    const { runsAs, ...first } = await resultsOf(changed, { parts: 32, cores: 1 });
    expect(runsAs).toBe('images in 32 parts, 1 at a time');
    for (const cores of [2, 3, 16]) {
      const { runsAs: other, ...results } = await resultsOf(changed, { parts: 32, cores });
      expect(other).not.toBe(runsAs);
      expect(results).toEqual(first);
    }
  });

  it('is kept for the next time, apart from the one of all images', async () => {
    const models = new CompiledModels(temporaryFolder(), 'this build');
    const first = await resultsOf({ batch_size: 32 }, { parts: 32, models });
    performance.clearMeasures();
    expect(await resultsOf({ batch_size: 32 }, { parts: 32, models })).toEqual(first);
    expect(performance.getEntriesByName('trace')).toEqual([]);
    expect((await resultsOf({ batch_size: 32 }, { models })).runsAs).toBeUndefined();
    expect(performance.getEntriesByName('trace')).toHaveLength(1);
  });

  it('can be taken back, and made again to the bit', async () => {
    const settings = settingsFor({});
    const session = await sessionOf(stepProgram(settings), { parts: 2 });
    await session.writeState(stateOf(settings));
    const [first] = await steps(session, settings, 1);
    await session.undo();
    expect(await session.readState()).toEqual(stateOf(settings));
    expect((await steps(session, settings, 1))[0]).toEqual(first);
    await session.dispose();
  });

  it('fails as a whole where a part fails, computes no more parts then, and goes on with the next call', async () => {
    const settings = settingsFor({ batch_size: 32 });
    let runs = 0;
    const failing: OnnxLibrary = {
      ...onnxInPlace,
      open: async (model, options) => {
        const runner = await onnxInPlace.open(model, options);
        const run: typeof runner.run = async (inputs, outputs) => {
          runs++;
          if (runs === 2) throw new Error('no memory for the second part');
          await runner.run(inputs, outputs);
        };
        return {
          inputs: runner.inputs,
          outputs: runner.outputs,
          run,
          endProfiling() {},
          release: () => runner.release(),
        };
      },
    };
    const session = await sessionOf(stepProgram(settings), { parts: 32, cores: 2, library: failing });
    await session.writeState(stateOf(settings));
    await expect(steps(session, settings, 1)).rejects.toThrow('no memory for the second part');
    expect(runs).toBeLessThan(5);
    expect(await session.readState()).toEqual(stateOf(settings));
    const again = await steps(session, settings, 1);
    await session.dispose();
    expect(again[0]).toEqual((await resultsOf({ batch_size: 32 }, { parts: 32 })).outputs[0]);
  });
});

describe('What can be divided', () => {
  const programOf = (set: Record<string, unknown>) => stepProgram(resolveSettings({ set }).settings);

  it('is a step whose images do not depend on one another', () => {
    const { divisible } = stepProgram(settingsFor({}));
    expect(divisible).toMatchObject({ images: 4, layerSize: expect.any(Number) });
    expect(stepProgram(settingsFor({ batch_size: 8, gradient_accumulation_steps: 2 })).divisible?.images).toBe(4);
    expect(stepProgram(settingsFor({ gpus: 2 })).divisible).toBeUndefined();
    expect(stepProgram(settingsFor({ use_bn_in_head: true })).divisible).toBeUndefined();
    expect(programOf({ method: 'dinov2' }).divisible).toBeUndefined();
    expect(programOf({ arch: 'resnet18' }).divisible).toBeUndefined();
  });

  const graphOf = async (body: (x: tf.Tensor) => NamedTensors) => {
    const traced = await trace({
      name: 'test program',
      state: {},
      inputs: { x: float32(2, 2), rate: float32() },
      body: (_, { x, rate }) => ({
        state: {},
        outputs: Object.fromEntries(
          Object.entries(body(x as tf.Tensor)).map(([name, value]) => [name, tf.mul(value, rate as tf.Tensor)]),
        ),
      }),
    });
    await useCpuBackend();
    return simplify(traced);
  };
  const divided = async (body: (x: tf.Tensor) => NamedTensors) =>
    divide(await graphOf(body), new Set(['x']), { parts: 4, chains: () => 2 });

  it('is a graph of means of what the images give', async () => {
    const graph = await divided((x) => ({ y: meanOverReplicas(tf.sum(tf.exp(x))) }));
    expect(graph?.part.nodes.map(({ op }) => op)).toEqual(['Exp', 'Sum']);
    expect(graph?.after.part.nodes.map(({ op }) => op)).toEqual(['Exp', 'Sum', 'Add']);
    expect(graph?.rest.nodes.map(({ op }) => op)).toEqual(['AddN', 'Multiply', 'Multiply']);
    expect([...(graph?.part.inputs.keys() ?? [])]).toEqual(['x']);
    expect([...(graph?.rest.inputs.keys() ?? [])]).toEqual(['rate']);
    expect(graph?.sums).toHaveLength(2);
  });

  it('is none where parts need a mean to go on, where images give something else, or where there is no mean', async () => {
    expect(await divided((x) => ({ y: meanOverReplicas(tf.sub(x, meanOverReplicas(x))) }))).toBeUndefined();
    expect(await divided((x) => ({ y: tf.add(meanOverReplicas(x), x) }))).toBeUndefined();
    expect(await divided((x) => ({ y: x }))).toBeUndefined();
  });

  it('has means of what it is given as it is, too, and of the same value twice', async () => {
    const one = (images: number, mean: <T extends tf.Tensor>(x: T) => T): Program => ({
      name: 'means',
      state: { weight: float32(2) },
      inputs: { x: float32(2, images) },
      body: ({ weight }, { x }) => ({
        state: {},
        outputs: {
          weight: mean(weight as tf.Tensor),
          y: mean(tf.mean(x as tf.Tensor, 1)),
          again: tf.add(mean(tf.mean(x as tf.Tensor, 1)), 1),
        },
      }),
    });
    const into = (replicas: number) => ({ replicas, part: one(36 / replicas, meanOverReplicas), groups: { x: 2 } });
    const whole = one(36, (x) => x);
    const session = await sessionOf({ ...whole, divisible: { images: 36, layerSize: 1, into } }, { parts: 36 / 2 });
    await session.writeState({ weight: { shape: [2], dtype: 'float32', data: Float32Array.of(3, 4) } });
    const data = Float32Array.from({ length: 72 }, (_, i) => i);
    const { weight, y, again } = await session.call({ x: { shape: [2, 36], dtype: 'float32', data } });
    expect(session.runsAs).toContain('images in 18 parts');
    for (const [tensor, expected] of [[weight, [3, 4]], [y, [17.5, 53.5]], [again, [18.5, 54.5]]] as const) // biome-ignore format: pairs
      expected.forEach((value, i) => {
        expect(tensor?.data[i]).toBeCloseTo(value, 4);
      });
    await session.dispose();
  });

  it('is computed at once where its graph cannot be divided', async () => {
    const one = (name: string, batch: number): Program => ({
      name,
      state: {},
      inputs: { x: float32(batch, 2) },
      body: (_, { x }) => ({ state: {}, outputs: { y: tf.sum(tf.exp(x as tf.Tensor)) } }),
    });
    const into = (replicas: number) => ({ replicas, part: one('part', 4 / replicas), groups: { x: 1 } });
    const session = await sessionOf({ ...one('whole', 4), divisible: { images: 4, layerSize: 2, into } }, { parts: 2 });
    const { y } = await session.call({ x: { shape: [4, 2], dtype: 'float32', data: new Float32Array(8) } });
    expect(y?.data[0]).toBeCloseTo(8, 5);
    expect(session.runsAs).toBeUndefined();
    await session.dispose();
  });
});

describe('How it is divided', () => {
  it('has parts of which a layer stays in the cache, all of the same size', () => {
    const vitSmall = 197 * 384;
    const partsOf = (images: number, layerSize: number) => partsForCaches({ images, layerSize });
    expect([2, 4, 64].map((images) => partsOf(images, vitSmall))).toEqual([1, 2, 32]);
    expect(partsOf(7, vitSmall)).toBe(7);
    // Of a batch that has no parts of six to twelve images, all are computed at once.
    expect(partsOf(17, 65 * 192)).toBe(1);
    expect(partsOf(22, 65 * 192)).toBe(2);
    expect(partsOf(16, 65 * 192)).toBe(2);
    expect(partsOf(64, 65 * 192)).toBe(8);
    expect(partsOf(8, 100 * vitSmall)).toBe(8);
    expect(partsOf(256, 1)).toBe(1);
  });

  it('has as many chains as there is memory for, each of as many parts', () => {
    expect(chainsOf(8, 2 ** 20)).toBe(8);
    expect(chainsOf(64, 2 ** 20)).toBe(16);
    expect(chainsOf(32, 180 * 2 ** 20)).toBe(2);
    expect(chainsOf(12, 50 * 2 ** 20)).toBe(4);
    expect(chainsOf(2, 180 * 2 ** 20)).toBe(2);
    expect(chainsOf(7, 180 * 2 ** 20)).toBeUndefined();
  });

  it('is not at all where two parts with their gradients would take much more memory than all images at once', async () => {
    const partsOfStep = async (...set: string[]) => {
      const { settings } = resolveSettings({ preset: 'small-data', set: ['head_bottleneck_dim=256', ...set] });
      const { parts } = await simplifiedProgram(stepProgram(settings), partsForCaches);
      return parts?.sharing.replicas;
    };
    expect(await partsOfStep('batch_size=16', 'out_dim=4096')).toBe(2);
    expect(await partsOfStep('batch_size=16', 'out_dim=65536')).toBeUndefined();
    expect(await partsOfStep('batch_size=64', 'out_dim=65536')).toBe(8);
  });

  it('computes as many at a time as use all cores evenly', () => {
    expect(lanesOf(8, 2)).toEqual({ lanes: 2, threads: 1 });
    expect(lanesOf(2, 2)).toEqual({ lanes: 2, threads: 1 });
    expect(lanesOf(16, 16)).toEqual({ lanes: 16, threads: 1 });
    expect(lanesOf(3, 2)).toEqual({ lanes: 1 });
    expect(lanesOf(2, 16)).toEqual({ lanes: 2 });
    expect(lanesOf(1, 4)).toEqual({ lanes: 1 });
    expect(lanesOf(4, 1)).toEqual({ lanes: 1, threads: 1 });
  });
});
