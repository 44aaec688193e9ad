/** DINOv2 as a run trains it: its masks are a function of the step, so that it goes on bit for bit. */
import { beforeAll, describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { initialWeights } from '../../../src/method/initialParameters.js';
import { mostMasked } from '../../../src/method/masks/maskedCrops.js';
import { lastingState } from '../../../src/method/step.js';
import type { NamedHostTensors } from '../../../src/program/program.js';
import { inPlainForms } from '../../../src/program/substitution.js';
import { loadCheckpoint, saveCheckpoint } from '../../../src/runs/checkpoint.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import type { Settings } from '../../../src/settings/settings.js';
import { maskSpec, peakRate } from '../../../src/settings/specs.js';
import { planHyperparameters, updatesAfter } from '../../../src/training/hyperparameters.js';
import { trainedDinov2 as trained } from '../../../src/training/methods/dinov2.js';
import { initialState, lastingTensors, resumedState } from '../../../src/training/state.js';
import { inputsOf, makeStep, stepProgram } from '../../../src/training/step.js';
import { onnxEngine } from '../engines/onnxEngine.js';
import { upload } from '../method/tensors.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const settingsWith = (set: Readonly<Record<string, unknown>> = {}): Settings =>
  resolveSettings({
    set: {
      method: 'dinov2',
      embed_dim: 12,
      depth: 2,
      num_heads: 2,
      patch_size: 4,
      image_size: 16,
      local_size: 8,
      local_crops_number: 2,
      out_dim: 16,
      head_hidden_dim: 12,
      head_bottleneck_dim: 6,
      batch_size: 4,
      gradient_accumulation_steps: 2,
      epochs: 2,
      warmup_epochs: 0,
      warmup_teacher_temp_epochs: 1,
      num_register_tokens: 1,
      drop_path_rate: 0.4,
      ...set,
    },
  }).settings;

const viewsOf = (settings: Settings, step: number) => {
  const side = (views: number, size: number) =>
    Float32Array.from({ length: views * settings.batch_size * 3 * size ** 2 }, (_, i) => Math.sin(i * (step + 1.7)));
  return { globals: side(2, settings.image_size), locals: side(settings.local_crops_number, settings.local_size) };
};

/** The tensors that are not equal bit by bit. */
const differing = (a: NamedHostTensors, b: NamedHostTensors): string[] =>
  Object.keys(b).filter((name) => !a[name]?.data.every((value, i) => Object.is(value, b[name]?.data[i])));

const startOf = (settings: Settings): NamedHostTensors => {
  const method = trained.method(settings);
  return initialState(stepProgram(settings).state, method, Object.fromEntries(initialWeights(method, settings.seed)));
};

async function afterSteps(settings: Settings, state: NamedHostTensors, from: number, to: number) {
  const session = await onnxEngine.compile(stepProgram(settings), state);
  const plan = planHyperparameters(settings, 10);
  const outputs: Readonly<Record<string, number>>[] = [];
  for (let step = from; step < to; step++)
    outputs.push(await makeStep(session, trained, inputsOf(settings, step, plan(step), viewsOf(settings, step))));
  const after = await session.readState(Object.keys(lastingState(stepProgram(settings).state)));
  await session.dispose();
  return { outputs, after };
}

describe.each([
  ['a center and one head', {}],
  [
    'Sinkhorn-Knopp and a head for patches',
    { centering: 'sinkhorn_knopp', ibot_separate_head: true, ibot_head_n_prototypes: 10 },
  ],
] as const)('with %s', (_, set) => {
  it('is trained in parts, saved and resumed bit for bit', async () => {
    const settings = settingsWith(set);
    const start = startOf(settings);
    const straight = await afterSteps(settings, start, 0, 4);
    for (const outputs of straight.outputs) expect(Object.values(outputs).every(Number.isFinite)).toBe(true);

    const { after } = await afterSteps(settings, start, 0, 2);
    const run = temporaryFolder();
    const method = trained.method(settings);
    const path = await saveCheckpoint(run, {
      ...lastingTensors(after, method),
      ...{ step: 2, epoch: 0, iteration: 2, seed: settings.seed, epochs: settings.epochs, stepsPerEpoch: 10 },
      optimizerSteps: updatesAfter(2, trained.schedule(settings, 10)),
    });
    const loaded = loadCheckpoint(run, method);
    const resumed = await afterSteps(settings, resumedState(stepProgram(settings).state, loaded), 2, 4);
    expect(resumed.outputs).toEqual(straight.outputs.slice(2));
    expect(differing(resumed.after, straight.after)).toEqual([]);

    const { parameters, backbone } = await loadNetwork(path, { network: 'teacher', numHeads: 2 });
    expect(parameters['backbone.register_tokens']).toEqual(after['teacher.backbone.register_tokens']);
    expect(backbone).toMatchObject({ kind: 'vit', registers: 1, maskToken: true, layerScale: true });
  });
});

describe('the step', () => {
  beforeAll(useCpuBackend);

  it('is the same where the head sees every patch', () => {
    const settings = settingsWith({ gradient_accumulation_steps: 1 });
    const program = stepProgram(settings);
    const state = Object.fromEntries(
      Object.entries(startOf(settings)).map(([name, tensor]) => [
        name,
        { ...tensor, data: tensor.data.map((value, i) => value + 0.3 * Math.sin(i + name.length)) },
      ]),
    );
    const [inputs] = inputsOf(settings, 3, planHyperparameters(settings, 10)(3), viewsOf(settings, 3));
    const outputs = () => {
      const made = program.body(upload(state), upload(inputs as NamedHostTensors)).outputs;
      return Object.fromEntries(Object.entries(made).map(([name, tensor]) => [name, tensor.dataSync()[0] as number]));
    };
    const [faster, plain] = [outputs(), inPlainForms(outputs)];
    expect(Object.keys(faster)).toEqual(Object.keys(plain));
    for (const [name, value] of Object.entries(plain)) expect(faster[name] as number, name).toBeCloseTo(value, 3);
    expect(faster['ibot_loss']).toBeGreaterThan(0);
  });

  it('masks anew in each step and part, within what has room', () => {
    const settings = settingsWith({ batch_size: 8 });
    const masksOf = (step: number) => trained.inputs(settings, step, viewsOf(settings, step))['masks'] as Float32Array;
    const text = (masks: Float32Array) => masks.join('');
    expect(text(masksOf(3))).toBe(text(masksOf(3)));
    expect(text(masksOf(3))).not.toBe(text(masksOf(4)));
    const half = masksOf(3).length / 2;
    expect(text(masksOf(3).subarray(0, half))).not.toBe(text(masksOf(3).subarray(half)));
    const spec = maskSpec(settings);
    for (let step = 0; step < 20; step++) {
      const count = masksOf(step)
        .subarray(0, half)
        .reduce((sum, isMasked) => sum + isMasked, 0);
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(mostMasked(8, spec as NonNullable<typeof spec>));
    }
  });

  it.each([
    ['without masks', { mask_sample_probability: 0, ibot_loss_weight: 0 }, ['masks', 'student.backbone.mask_token']],
    ['without local crops', { local_crops_number: 0 }, ['locals', 'drop_path_locals']],
    ['without the losses of patches and neighbors', { ibot_loss_weight: 0, koleo_loss_weight: 0 }, ['ibot_center']],
  ])('runs %s', (_, set, absent) => {
    const settings = settingsWith({ gradient_accumulation_steps: 1, ...set });
    const program = stepProgram(settings);
    for (const name of absent) expect(name in program.inputs || name in program.state, name).toBe(false);
    const [inputs] = inputsOf(settings, 0, planHyperparameters(settings, 10)(0), viewsOf(settings, 0));
    const { loss, kl } = program.body(upload(startOf(settings)), upload(inputs as NamedHostTensors)).outputs;
    expect(Number.isFinite(loss?.dataSync()[0])).toBe(true);
    expect(kl?.dataSync()[0]).toBeGreaterThan(0);
  });
});

it('the learning rate is for a batch of 1024, and grows with the square root of the batch', () => {
  expect(peakRate({ method: 'dinov2', lr: 0.004, batch_size: 256 })).toBeCloseTo(0.002, 12);
  expect(peakRate({ method: 'dino', lr: 0.004, batch_size: 128 })).toBeCloseTo(0.002, 12);
});
