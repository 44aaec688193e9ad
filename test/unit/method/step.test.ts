import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { recompute } from '../../../src/compile/recompute.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { networkOf } from '../../../src/method/network.js';
import { adamw } from '../../../src/method/optimizers/adamw.js';
import { lastingState } from '../../../src/method/step.js';
import { type CallPlace, type StepScalars, stepInputs } from '../../../src/method/stepInputs.js';
import { type StepSpec, trainingStep } from '../../../src/method/trainingStep.js';
import { type NamedHostTensors, type Program, sizeOf, type TensorSpec } from '../../../src/program/program.js';
import { type PlainStep, plainStep } from './plainStep.js';
import { expectClose, filled, noise, upload } from './tensors.js';
import { vitOf } from './vitOf.js';

const BATCH = 2;

const spec: StepSpec = {
  network: {
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 4, inChans: 2, imageSize: 8, embedDim: 6, depth: 3, numHeads: 2 }),
    },
    head: { inDim: 6, hiddenDim: 7, bottleneckDim: 4, outDim: 5, normLastLayer: true, batchNorm: false },
  },
  batchSize: BATCH,
  calls: 1,
  localCropsNumber: 2,
  localSize: 4,
  dropPath: true,
  studentTemp: 0.2,
  centerMomentum: 0.8,
  clipGrad: 0.3,
  optimizer: 'adamw',
};

const scalars: StepScalars = {
  lr: 0.02,
  weightDecay: 0.3,
  teacherMomentum: 0.7,
  ofMethod: { teacher_temp: 0.3 },
  lastLayerFrozen: false,
  optimizerSteps: { main: 4, lastLayer: 2 },
};

/** As in the middle of a run: nothing is 0, and no teacher equals its student. */
function stateOf({ state }: Program): NamedHostTensors {
  const made = filled(state, 1, 0.4, 0.1);
  const squares = Object.entries(made).map(([name, tensor]) => [
    name,
    name.startsWith('exp_avg_sq.') ? { ...tensor, data: tensor.data.map((value) => 0.01 + value * value) } : tensor,
  ]);
  return Object.fromEntries(squares);
}

/** Every image's own; the scale of each sample and branch another, that of the first block 1. */
function cropsOf(step: StepSpec) {
  const vit = vitOf(step.network.backbone);
  const views = 2 + step.localCropsNumber;
  const crops = Array.from({ length: views }, (_, view) => {
    const side = view < 2 ? vit.imageSize : step.localSize;
    const length = step.batchSize * vit.inChans * side * side;
    return tf.tensor4d(noise(length, 100 + view), [step.batchSize, vit.inChans, side, side]);
  });
  const scales = Array.from({ length: views }, (_, view) => {
    const ofView = noise(vit.depth * 2 * step.batchSize, 200 + view).map((value, i) =>
      i < 2 * step.batchSize ? 1 : value > 0.5 ? 0 : 1.2 + value,
    );
    return tf.tensor3d(ofView, [vit.depth, 2, step.batchSize]);
  });
  return { crops, scales };
}

function inputsFor(step: StepSpec, values: StepScalars, place?: CallPlace) {
  const { crops, scales } = cropsOf(step);
  return {
    globals: tf.concat(crops.slice(0, 2), 0),
    ...(step.localCropsNumber > 0 && { locals: tf.concat(crops.slice(2), 0) }),
    ...(step.dropPath && { drop_path: tf.concat(scales, 2) }),
    ...upload(stepInputs(adamw, values, place)),
  };
}

/** What the plain step makes of the same. */
function plainly(step: StepSpec, values: StepScalars) {
  const state = upload(stateOf(trainingStep(step)));
  const { crops, scales } = cropsOf(step);
  const isHeld = (name: string) => step.network.head.normLastLayer && name === 'head.last_layer.weight_g';
  const isLastLayer = (name: string) => name.startsWith('head.last_layer.');
  const plain: PlainStep = {
    ...values,
    ...step,
    teacherTemp: values.ofMethod['teacher_temp'] as number,
    isFrozen: (name) => isHeld(name) || (values.lastLayerFrozen && isLastLayer(name)),
    updates: (name) => (isLastLayer(name) ? values.optimizerSteps.lastLayer : values.optimizerSteps.main) + 1,
  };
  return plainStep(plain, state, { crops, ...(step.dropPath && { dropPath: scales }) });
}

/** One step gives what the plain one gives. */
function agree(step: StepSpec, values: StepScalars, wanted: ReturnType<typeof plainly>): void {
  const program = trainingStep({ ...step, gradients: true });
  const made = program.body(upload(stateOf(program)), inputsFor(step, values));
  for (const [name, value] of Object.entries(wanted.outputs)) {
    expect(made.outputs[name]?.dataSync()[0], name).toBeCloseTo(value, 4);
  }
  expect(Object.keys(made.state).sort()).toEqual(Object.keys(wanted.state).sort());
  for (const [name, tensor] of Object.entries(wanted.state)) expectClose(made.state[name], tensor, name, 2e-4);
  for (const [name, tensor] of Object.entries(wanted.gradients)) {
    const own = made.outputs[`gradient.${name}`] as tf.Tensor;
    if (!name.endsWith('qkv.bias')) {
      expectClose(own, tensor, `gradient of ${name}`, 2e-4);
      continue;
    }
    // What is added to all keys alike changes no attention: their bias has no gradient, where the plain one has rounding errors.
    const dim = vitOf(step.network.backbone).embedDim;
    const [[query, key, value], [wantedQuery, , wantedValue]] = [own, tensor].map((bias) => tf.split(bias, 3)) as [
      tf.Tensor[],
      tf.Tensor[],
    ];
    expect([...(key as tf.Tensor).dataSync()].map(Math.abs), name).toEqual(new Array(dim).fill(0));
    expectClose(query, wantedQuery as tf.Tensor, `gradient of ${name}, queries`, 2e-4);
    expectClose(value, wantedValue as tf.Tensor, `gradient of ${name}, values`, 2e-4);
  }
}

describe('The training step', () => {
  beforeAll(useCpuBackend);

  const free = { ...spec.network, head: { ...spec.network.head, normLastLayer: false } };
  it.each<[string, Partial<StepSpec>, Partial<StepScalars>]>([
    ['with drop path, local crops and clipping', {}, {}],
    ['without drop path', { dropPath: false }, {}],
    ['without local crops', { localCropsNumber: 0 }, {}],
    ['with one local crop', { localCropsNumber: 1 }, {}],
    ['with local crops as large as the global ones', { localSize: 8 }, {}],
    ['without clipping', { clipGrad: 0, optimizer: 'adamw' }, {}],
    ['with a frozen last layer', {}, { lastLayerFrozen: true }],
    ['with the norms of the prototypes trained', { network: free }, {}],
    ['with activation checkpointing', { activationCheckpointing: true }, {}],
    ['as the first of a run', {}, { optimizerSteps: { main: 0, lastLayer: 0 } }],
  ])('is that of the original %s', (_, change, values) => {
    tf.tidy(() => {
      const [step, all] = [
        { ...spec, ...change },
        { ...scalars, ...values },
      ];
      agree(step, all, plainly(step, all));
    });
  });

  it.each([
    ['once where all crops have one size', 16, 1],
    ['for the global and for the local crops', 8, 2],
  ])('moves the running statistics of batch norm %s', (_, localSize, passes) => {
    tf.tidy(() => {
      const backbone = {
        kind: 'resnet',
        block: 'basic',
        layers: [1, 1, 1, 1],
        width: 2,
        inChans: 2,
        imageSize: 16,
      } as const;
      const step = {
        ...spec,
        localSize,
        dropPath: false,
        network: { backbone, head: { ...spec.network.head, inDim: 16 } },
      };
      const program = trainingStep(step);
      const before = stateOf(program);
      const crops = { globals: tf.ones([4, 2, 16, 16]), locals: tf.ones([4, 2, localSize, localSize]) };
      const { state } = program.body(upload(before), { ...crops, ...upload(stepInputs(adamw, scalars)) });
      const counted = (role: string) => {
        const name = `${role}.backbone.bn1.num_batches_tracked`;
        return (state[name]?.dataSync()[0] as number) - (before[name]?.data[0] as number);
      };
      expect(counted('student')).toBeCloseTo(passes, 5);
      expect(counted('teacher')).toBeCloseTo(1, 5);
    });
  });

  it('leaves a frozen last layer and its moments as they were, bit by bit', () => {
    const program = trainingStep(spec);
    const before = stateOf(program);
    const { state } = program.body(upload(before), inputsFor(spec, { ...scalars, lastLayerFrozen: true }));
    const name = 'head.last_layer.weight_v';
    for (const key of [`student.${name}`, `exp_avg.${name}`, `exp_avg_sq.${name}`]) {
      expect(state[key]?.dataSync(), key).toEqual(before[key]?.data);
    }
  });

  it('says its gradients only when asked to', () => {
    const { outputs } = trainingStep(spec).body(upload(stateOf(trainingStep(spec))), inputsFor(spec, scalars));
    expect(Object.keys(outputs).sort()).toEqual(['feature_std', 'grad_norm', 'kl', 'loss', 'teacher_entropy']);
  });

  it('takes what its body reads, in the shapes that are given', () => {
    for (const step of [spec, { ...spec, dropPath: false }, { ...spec, localCropsNumber: 0 }, { ...spec, calls: 2 }]) {
      const { inputs } = trainingStep(step);
      const given = inputsFor(step, scalars, { call: 0, calls: step.calls });
      const shapes = (tensors: Readonly<Record<string, { readonly shape: readonly number[] }>>) =>
        Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
      expect(shapes(inputs)).toEqual(shapes(given));
    }
  });

  it('is another program when anything of it differs', () => {
    const identities = [
      trainingStep(spec),
      trainingStep({ ...spec, studentTemp: 0.3 }),
      trainingStep({ ...spec, clipGrad: 1 }),
      trainingStep({ ...spec, gradients: true }),
    ].map(({ identity }) => identity);
    expect(identities).not.toContain(undefined);
    expect(new Set(identities).size).toBe(4);
  });

  it('marks the blocks of the student as sections, where it is to compute them again', async () => {
    const plain = await trace(trainingStep(spec));
    const marked = await trace(trainingStep({ ...spec, activationCheckpointing: true }));
    await useCpuBackend();
    const count = ({ nodes }: typeof plain, op: string) => nodes.filter((node) => node.op === op).length;
    expect(count(plain, 'SectionBegins')).toBe(0);
    // Global and local crops: before each block but the last, and before the last.
    expect(count(marked, 'SectionBegins')).toBe(2 * 3);
    expect(count(recompute(marked), 'Later')).toBe(2 * 2);
  });
});

describe('A step of several calls', () => {
  beforeAll(useCpuBackend);

  const inCalls = { ...spec, calls: 2 };
  const program = () => trainingStep({ ...inCalls, gradients: true });
  const call = (state: Record<string, tf.Tensor>, place: number) =>
    program().body(state, inputsFor(inCalls, scalars, { call: place, calls: 2 }));

  it('keeps what lasts until the last call, and averages over the calls', () => {
    tf.tidy(() => {
      const before = upload(stateOf(program()));
      const first = call(before, 0).state;
      const gathered = Object.keys(first).filter((name) => name.startsWith('accumulated.'));
      expect(gathered).toHaveLength(Object.keys(networkOf(spec.network).trained).length + 1);
      for (const name of Object.keys(lastingState(program().state))) {
        expect(first[name]?.dataSync() ?? before[name]?.dataSync(), name).toEqual(before[name]?.dataSync());
      }
      // The same images twice are the step of these images once.
      const { state: made, outputs } = call({ ...before, ...first }, 1);
      const once = trainingStep({ ...spec, gradients: true });
      const whole = once.body(
        Object.fromEntries(Object.keys(once.state).map((name) => [name, before[name] as tf.Tensor])),
        inputsFor(spec, scalars),
      );
      for (const [name, tensor] of Object.entries(whole.state)) expectClose(made[name], tensor, name);
      expect(outputs['grad_norm']?.dataSync()[0]).toBeCloseTo(whole.outputs['grad_norm']?.dataSync()[0] as number, 4);
    });
  });

  it('starts anew with each first call', () => {
    tf.tidy(() => {
      const clean = upload(stateOf(program()));
      const left = Object.entries(clean).map(([name, tensor]): [string, tf.Tensor] => [
        name,
        name.startsWith('accumulated.') ? tf.add(tensor, 7) : tensor,
      ]);
      const [one, other] = [call(clean, 0).state, call(Object.fromEntries(left), 0).state];
      for (const [name, tensor] of Object.entries(one)) expectClose(other[name], tensor, name, 1e-7);
    });
  });

  it('has in the state that lasts all but what is gathered', () => {
    expect(Object.keys(lastingState(program().state))).toEqual(Object.keys(trainingStep(spec).state));
    const { shape } = program().state['accumulated.logits'] as TensorSpec;
    expect(shape).toEqual([1, 5]);
  });
});

describe('A step of several devices', () => {
  it('gives each its share of the images, and agrees on what all need', async () => {
    const program = trainingStep({ ...spec, batchSize: 4, replicas: 2, gradients: true });
    expect(trainingStep({ ...spec, replicas: 1 }).sharing).toBeUndefined();
    const { replicas, part, groups } = program.sharing as NonNullable<Program['sharing']>;
    expect(replicas).toBe(2);
    expect(Object.keys(part.state)).toEqual(Object.keys(program.state));
    // The images of a group are shared evenly: what is not in a group is the same for every device.
    for (const [name, { shape }] of Object.entries(program.inputs)) {
      const share = (part.inputs[name] as TensorSpec).shape;
      expect(sizeOf(shape) / sizeOf(share), name).toBe(name in groups ? 2 : 1);
    }
    expect(groups).toEqual({ globals: 2, locals: 2, drop_path: 3 * 2 * 4 });
    const few = trainingStep({ ...spec, replicas: 2, localCropsNumber: 0, dropPath: false }).sharing;
    expect(few?.groups).toEqual({ globals: 2 });

    const means = async (of: Program) => {
      const { nodes } = await trace(of);
      await useCpuBackend();
      return nodes.filter(({ op }) => op === 'ReplicaMean').length;
    };
    // Each gradient, the logits, the loss and the entropy, and three for the spread of the features.
    expect(await means(part)).toBe(Object.keys(networkOf(spec.network).trained).length + 6);
    expect(await means({ ...program, sharing: undefined } as unknown as Program)).toBe(0);
  });
});

describe('The scalars of a step', () => {
  it('default to those of a step of one call', () => {
    expect(stepInputs(adamw, scalars)).toEqual(stepInputs(adamw, scalars, { call: 0, calls: 1 }));
    expect(Object.keys(stepInputs(adamw, scalars))).not.toContain('is_last_call');
    const { accumulated_share: share, is_last_call: update } = stepInputs(adamw, scalars, { call: 1, calls: 3 });
    expect([share?.data[0], update?.data[0]]).toEqual([1, 0]);
  });
});
