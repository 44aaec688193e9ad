import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engines/engine.js';
import { initializeNetwork } from '../../../src/method/initialParameters.js';
import { sgd } from '../../../src/method/optimizers/sgd.js';
import { stepInputs } from '../../../src/method/stepInputs.js';
import { type StepSpec, trainingStep } from '../../../src/method/trainingStep.js';
import { type HostTensor, type NamedHostTensors, type Program, sizeOf } from '../../../src/program/program.js';
import { noise } from '../method/tensors.js';
import { tensorflowIsMissing, whySkipped } from './tensorflowHere.js';
import { openTwoDevices } from './twoDevices.js';

const spec: StepSpec = {
  network: {
    backbone: { kind: 'resnet', block: 'bottleneck', layers: [1, 1, 1, 1], width: 2, inChans: 3, imageSize: 40 },
    head: { inDim: 64, hiddenDim: 8, bottleneckDim: 4, outDim: 8, normLastLayer: true, batchNorm: false },
  },
  optimizer: 'sgd',
  batchSize: 4,
  calls: 1,
  localCropsNumber: 1,
  localSize: 24,
  dropPath: false,
  studentTemp: 0.1,
  centerMomentum: 0.9,
  clipGrad: 0,
  gradients: true,
};

function stateOf({ state }: Program): NamedHostTensors {
  const initial = initializeNetwork(spec.network, 1);
  return Object.fromEntries(
    Object.entries(state).map(([name, spec]): [string, HostTensor] => [
      name,
      initial[name.replace(/^(student|teacher)\./, '')] ?? { ...spec, data: new Float32Array(sizeOf(spec.shape)) },
    ]),
  );
}

/** Every image has another brightness: their statistics are not those of any half. */
function inputsOf({ inputs }: Program): NamedHostTensors {
  const crops = ['globals', 'locals'].map((name, seed): [string, HostTensor] => {
    const { shape } = inputs[name] ?? { shape: [0] };
    const ofOne = sizeOf(shape.slice(1));
    const data = noise(sizeOf(shape), seed).map((value, i) => value + Math.floor(i / ofOne));
    return [name, { shape, dtype: 'float32', data }];
  });
  const scalars = stepInputs(sgd, {
    lr: 0.01,
    weightDecay: 0.1,
    teacherMomentum: 0.9,
    ofMethod: { teacher_temp: 0.04 },
    lastLayerFrozen: false,
    optimizerSteps: { main: 0, lastLayer: 0 },
  });
  return { ...Object.fromEntries(crops), ...scalars };
}

const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));

describe.skipIf(tensorflowIsMissing)(`A ResNet's step on two devices${whySkipped}`, () => {
  let two: Engine;
  let one: Engine;
  beforeAll(async () => {
    const opened = await openTwoDevices({ sendAhead: false });
    ({ two, one } = opened);
    return opened.remove;
  });

  it('has the statistics of all images, and their gradients', { timeout: 900_000 }, async () => {
    const [alone, shared] = [trainingStep(spec), trainingStep({ ...spec, replicas: 2 })];
    const results: NamedHostTensors[] = [];
    for (const [engine, program] of [
      [one, alone],
      [two, shared],
    ] as const) {
      const session = await engine.compile(program, stateOf(program));
      const outputs = await session.call(inputsOf(program));
      results.push({ ...outputs, ...(await session.readState()) });
      await session.dispose();
    }
    const [wanted, actual] = results as [NamedHostTensors, NamedHostTensors];
    expect(wanted['loss']?.data[0]).toBeCloseTo(actual['loss']?.data[0] as number, 4);
    for (const [name, { data }] of Object.entries(wanted)) {
      if (!/^gradient\.|\.running_|\.num_batches_tracked$/.test(name)) continue;
      const apart = norm(data.map((value, i) => value - (actual[name]?.data[i] ?? Number.NaN)));
      expect(apart / Math.max(1e-6, norm(data)), name).toBeLessThan(1e-3);
    }
  });
});
