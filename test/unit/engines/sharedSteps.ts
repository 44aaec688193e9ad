/** Steps of a small run on made-up images, and how alike two of them are: for engines that share the images of a step out. */
import { expect } from 'vitest';
import type { Session } from '../../../src/engines/engine.js';
import { initialWeights } from '../../../src/method/initialParameters.js';
import type { NamedHostTensors } from '../../../src/program/program.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import type { Settings } from '../../../src/settings/settings.js';
import { planHyperparameters } from '../../../src/training/hyperparameters.js';
import { trainedDino } from '../../../src/training/methods/dino.js';
import { trainedMethodOf } from '../../../src/training/methods/index.js';
import { initialState } from '../../../src/training/state.js';
import { callsOf, makeStep, stepProgram } from '../../../src/training/step.js';
import { TINY } from '../training/images.js';

export const settingsFor = (changed: Record<string, unknown>): Settings =>
  resolveSettings({
    set: {
      ...TINY,
      // For several GPUs; a step's program does not depend on it.
      engine: 'tensorflow',
      depth: 1,
      local_crops_number: 1,
      batch_size: 4,
      drop_path_rate: 0.5,
      freeze_last_layer: 0,
      warmup_epochs: 0,
      ...changed,
    },
  }).settings;

/** Noise, of which each image has its own brightness. */
export function cropsOf({ batch_size, in_chans, image_size, local_size, local_crops_number }: Settings, step: number) {
  const crops = (count: number, size: number) => {
    const ofCrop = in_chans * size ** 2;
    const brightness = (crop: number) => 2 * Math.sin(5 * (crop % batch_size));
    return Float32Array.from(
      { length: count * batch_size * ofCrop },
      (_, i) => Math.sin(i * 12.9898 + step) + brightness(Math.floor(i / ofCrop)),
    );
  };
  return { globals: crops(2, image_size), locals: crops(local_crops_number, local_size) };
}

export function stateOf(settings: Settings): NamedHostTensors {
  const method = trainedMethodOf(settings).method(settings);
  return initialState(stepProgram(settings).state, method, Object.fromEntries(initialWeights(method, settings.seed)));
}

/** Some steps, each told of the next one as a run tells it. */
export async function steps(session: Session, settings: Settings, count: number) {
  const plan = planHyperparameters(settings, 10);
  const calls = Array.from({ length: count }, (_, step) =>
    callsOf(settings, step, plan(step), cropsOf(settings, step)),
  );
  const outputs: Awaited<ReturnType<typeof makeStep>>[] = [];
  for (const [i, { all }] of calls.entries())
    outputs.push(await makeStep(session, trainedDino, all, calls[i + 1]?.first));
  return outputs;
}

/** Three steps of a session, which is let go. */
export async function threeSteps(session: Session, settings: Settings) {
  try {
    return { outputs: await steps(session, settings, 3), state: await session.readState(), runsAs: session.runsAs };
  } finally {
    await session.dispose();
  }
}

/** Steps that are the same in parts: what is changed of their settings, and how many parts there are. */
export const DIVIDED_STEPS: readonly (readonly [string, Record<string, unknown>, number])[] = [
  ['two parts', {}, 2],
  ['one image each', {}, 4],
  ['more parts than chains, which add up', { batch_size: 32 }, 32],
  ['within parts of gradient accumulation', { batch_size: 8, gradient_accumulation_steps: 2 }, 2],
  ['without local crops', { local_crops_number: 0 }, 2],
  ['with activations that are computed again', { activation_checkpointing: true }, 2],
];

type Steps = Awaited<ReturnType<typeof threeSteps>>;

/** Up to rounding. */
export function expectSameSteps(actual: Steps, expected: Steps): void {
  actual.outputs.forEach((outputs, step) => {
    const ofStep = expected.outputs[step] as typeof outputs;
    expect(Object.keys(outputs)).toEqual(Object.keys(ofStep));
    expect(outputs['feature_std']).toBeGreaterThan(0.01);
    for (const [name, value] of Object.entries(outputs))
      expect(value / (ofStep[name] as number), name).toBeCloseTo(1, 3);
  });
  expectAlike(actual.state, expected.state, 1e-3);
}

export function expectAlike(actual: NamedHostTensors, expected: NamedHostTensors, limit: number): void {
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  for (const [name, tensor] of Object.entries(expected)) {
    // The biases of the keys have no gradient but what was rounded.
    if (/qkv\.bias$/.test(name)) continue;
    const difference = Float32Array.from(tensor.data, (value, i) => value - (actual[name]?.data[i] as number));
    const ratio = norm(difference) / Math.max(1e-6, norm(tensor.data as Float32Array));
    expect(ratio, name).toBeLessThan(limit);
  }
}
