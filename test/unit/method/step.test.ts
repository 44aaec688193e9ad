import { describe, expect, it } from 'vitest';
import { onnxEngine } from '../../../src/engines/onnx.js';
import { dropPathScales } from '../../../src/method/dropPath.js';
import { initializeNetwork } from '../../../src/method/initialize.js';
import { type HostTensor, type NamedHostTensors, sizeOf } from '../../../src/method/program.js';
import { type StepScalars, type StepSpec, stepInputs, trainingStep } from '../../../src/method/step.js';

const spec: StepSpec = {
  network: {
    vit: { patchSize: 4, inChans: 3, imageSize: 8, embedDim: 8, depth: 2, numHeads: 2 },
    head: { inDim: 8, hiddenDim: 8, bottleneckDim: 4, outDim: 6, normLastLayer: true },
  },
  batchSize: 2,
  calls: 1,
  localCropsNumber: 1,
  localSize: 4,
  dropPath: true,
  studentTemp: 0.1,
  centerMomentum: 0.9,
  clipGrad: 3,
};
const scalars: StepScalars = {
  lr: 0.01,
  weightDecay: 0.1,
  teacherMomentum: 0.9,
  teacherTemp: 0.04,
  lastLayerFrozen: false,
  optimizerSteps: { main: 0, lastLayer: 0 },
};
const SAMPLES = 6;

function stateFor(step: StepSpec): NamedHostTensors {
  const weights = initializeNetwork(step.network, 1);
  return Object.fromEntries(
    Object.entries(trainingStep(step).state).map(([name, tensor]): [string, HostTensor] => {
      const parameter = /^(?:student|teacher)\.(.*)$/.exec(name)?.[1];
      const initial = parameter === undefined ? undefined : weights[parameter];
      return [name, initial ?? { ...tensor, data: new Float32Array(sizeOf(tensor.shape)) }];
    }),
  );
}

function inputsFor(step: StepSpec, values: StepScalars, dropped?: HostTensor): NamedHostTensors {
  const noise = ({ shape }: { shape: readonly number[] }, phase: number): HostTensor => ({
    shape,
    dtype: 'float32',
    data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 12.9898 + phase)),
  });
  const { inputs } = trainingStep(step);
  return {
    globals: noise(inputs['globals'] as HostTensor, 0),
    ...(inputs['locals'] && { locals: noise(inputs['locals'], 1) }),
    ...(inputs['drop_path'] && {
      drop_path: dropped ?? { shape: [2, 2, SAMPLES], dtype: 'float32', data: new Float32Array(4 * SAMPLES).fill(1) },
    }),
    ...stepInputs(values),
  };
}

async function oneStep(step: StepSpec, values: StepScalars, dropped?: HostTensor) {
  const session = await onnxEngine.compile(trainingStep(step), stateFor(step));
  const outputs = await session.call(inputsFor(step, values, dropped));
  const state = await session.readState();
  await session.dispose();
  return { outputs, state, loss: outputs['loss']?.data[0] as number };
}

const equal = (a: HostTensor | undefined, b: HostTensor | undefined) =>
  a?.data.every((value, i) => value === b?.data[i]);

describe('the training step', () => {
  it('leaves a frozen last layer and its moments untouched, decay and all', async () => {
    const before = stateFor(spec);
    const { state } = await oneStep(spec, { ...scalars, lastLayerFrozen: true });
    const name = 'head.last_layer.weight_v';
    for (const key of [`student.${name}`, `exp_avg.${name}`, `exp_avg_sq.${name}`]) {
      expect(equal(state[key], before[key]), key).toBe(true);
    }
    expect(equal(state['student.head.mlp.0.weight'], before['student.head.mlp.0.weight'])).toBe(false);
    const thawed = await oneStep(spec, scalars);
    expect(equal(thawed.state[`student.${name}`], before[`student.${name}`])).toBe(false);
  });

  it('does not decay biases and norms, and decays the rest', async () => {
    const step = { ...spec, clipGrad: 1e-30 };
    // Gradients clipped to nothing: only the decay is left. AdamW's direction of a zero gradient is zero.
    const { state } = await oneStep(step, { ...scalars, lr: 0.5, weightDecay: 0.5 });
    const before = stateFor(step);
    const ratio = (name: string) =>
      (state[`student.${name}`]?.data[0] as number) / (before[`student.${name}`]?.data[0] as number);
    expect(ratio('backbone.norm.weight')).toBeCloseTo(1, 4);
    expect(ratio('backbone.pos_embed')).toBeCloseTo(0.75, 3);
    expect(ratio('backbone.blocks.0.mlp.fc1.weight')).toBeCloseTo(0.75, 3);
  });

  it('moves the teacher by its momentum alone', async () => {
    const before = stateFor(spec);
    const { state } = await oneStep(spec, { ...scalars, teacherMomentum: 1 });
    expect(equal(state['teacher.backbone.norm.weight'], before['teacher.backbone.norm.weight'])).toBe(true);
    const { state: moved } = await oneStep(spec, { ...scalars, teacherMomentum: 0 });
    expect(equal(moved['teacher.backbone.norm.weight'], moved['student.backbone.norm.weight'])).toBe(true);
  });

  it('runs without local crops', async () => {
    const { loss } = await oneStep({ ...spec, localCropsNumber: 0, dropPath: false }, scalars);
    expect(loss).toBeGreaterThan(0);
  });

  it('is the loss of its teacher entropy and its divergence', async () => {
    const { outputs } = await oneStep(spec, scalars);
    const [loss, entropy, kl] = ['loss', 'teacher_entropy', 'kl'].map((name) => outputs[name]?.data[0] as number);
    expect((entropy as number) + (kl as number)).toBeCloseTo(loss as number, 5);
  });

  it('drops the branches of the samples whose scale is 0', async () => {
    const whole = await oneStep(spec, scalars);
    const kept = await oneStep({ ...spec, dropPath: false }, scalars);
    expect(whole.loss).toBeCloseTo(kept.loss, 5);
    const data = new Float32Array(4 * SAMPLES).fill(1);
    data.fill(0, 2 * SAMPLES, 3 * SAMPLES);
    const dropped = await oneStep(spec, scalars, { shape: [2, 2, SAMPLES], dtype: 'float32', data });
    expect(dropped.loss).not.toBeCloseTo(whole.loss, 5);
  });

  it('can train the norms of the prototypes', async () => {
    const free = { ...spec, network: { ...spec.network, head: { ...spec.network.head, normLastLayer: false } } };
    const { state } = await oneStep(free, scalars);
    expect(state['student.head.last_layer.weight_g']?.data.some((value) => value !== 1)).toBe(true);
    const held = await oneStep(spec, scalars);
    expect(held.state['student.head.last_layer.weight_g']?.data.every((value) => value === 1)).toBe(true);
  });
});

describe("stochastic depth's scales", () => {
  const shape = { depth: 5, rate: 0.4, samples: 2000 };
  const scales = dropPathScales(3, 7, shape);
  const block = (index: number) => Array.from(scales.data).slice(index * 4000, (index + 1) * 4000);

  it('never drop in the first block, and as often as the rate says in the last', () => {
    expect(block(0).every((value) => value === 1)).toBe(true);
    const dropped = block(4).filter((value) => value === 0).length / 4000;
    expect(dropped).toBeGreaterThan(0.36);
    expect(dropped).toBeLessThan(0.44);
  });

  it('keep the mean', () => {
    const mean = block(4).reduce((sum, value) => sum + value, 0) / 4000;
    expect(mean).toBeCloseTo(1, 1);
  });

  it('depend on seed and step alone', () => {
    expect(dropPathScales(3, 7, shape).data).toEqual(scales.data);
    expect(dropPathScales(3, 8, shape).data).not.toEqual(scales.data);
    expect(dropPathScales(4, 7, shape).data).not.toEqual(scales.data);
  });
});

describe('initialisation', () => {
  it("follows the original's distributions, and the seed", () => {
    const network = { ...spec.network, vit: { ...spec.network.vit, embedDim: 64, numHeads: 4 } };
    const weights = initializeNetwork({ ...network, head: { ...network.head, inDim: 64 } }, 5);
    const deviation = (name: string) => {
      const data = weights[name]?.data as Float32Array;
      return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
    };
    expect(deviation('backbone.blocks.0.mlp.fc1.weight')).toBeCloseTo(0.02, 3);
    // Uniform within 1 / sqrt(48): deviation 1 / sqrt(3 * 48)
    expect(deviation('backbone.patch_embed.proj.weight')).toBeCloseTo(1 / 12, 2);
    expect(deviation('backbone.blocks.0.norm1.weight')).toBe(1);
    expect(deviation('backbone.blocks.0.mlp.fc1.bias')).toBe(0);
    expect(deviation('head.last_layer.weight_g')).toBe(1);
    const same = initializeNetwork(spec.network, 1);
    expect(initializeNetwork(spec.network, 1)).toEqual(same);
    expect(initializeNetwork(spec.network, 2)).not.toEqual(same);
  });
});
