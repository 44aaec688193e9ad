import { describe, expect, it } from 'vitest';
import { eagerEngine } from '../../../src/engines/eager.js';
import type { Engine, Session } from '../../../src/engines/engine.js';
import { openTensorFlowEngine } from '../../../src/engines/tensorflow/engine.js';
import { initialWeights } from '../../../src/method/initialParameters.js';
import { lastingState } from '../../../src/method/step.js';
import type { HostTensor, NamedHostTensors } from '../../../src/program/program.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import type { Settings } from '../../../src/settings/settings.js';
import { planHyperparameters } from '../../../src/training/hyperparameters.js';
import { trainedDino } from '../../../src/training/methods/dino.js';
import { trainedMethodOf } from '../../../src/training/methods/index.js';
import { initialState } from '../../../src/training/state.js';
import { inputsOf, makeStep, stepProgram } from '../../../src/training/step.js';
import { onnxEngine } from '../engines/onnxEngine.js';
import { tensorflowIsMissing, whySkipped } from '../engines/tensorflowHere.js';
import { TINY } from './images.js';

/** Unclipped, the first moment is a tenth of the gradient after the first step. */
const settingsFor = (parts: number): Settings =>
  resolveSettings({
    set: {
      ...TINY,
      batch_size: 4,
      gradient_accumulation_steps: parts,
      drop_path_rate: 0.5,
      clip_grad: 0,
      freeze_last_layer: 0,
      warmup_epochs: 0,
    },
  }).settings;

const crops = (settings: Settings, phase: number) => {
  const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898 + phase));
  const perPixel = settings.batch_size * settings.in_chans;
  return {
    globals: wave(2 * perPixel * settings.image_size ** 2),
    locals: wave(settings.local_crops_number * perPixel * settings.local_size ** 2),
  };
};

const compile = (engine: Engine, settings: Settings): Promise<Session> => {
  const program = stepProgram(settings);
  const method = trainedMethodOf(settings).method(settings);
  const weights = Object.fromEntries(initialWeights(method, settings.seed));
  return engine.compile(program, initialState(program.state, method, weights));
};

const lasting = (session: Session, settings: Settings): Promise<NamedHostTensors> =>
  session.readState(Object.keys(lastingState(stepProgram(settings).state)));

function* callsOf(settings: Settings, step: number): Generator<NamedHostTensors> {
  yield* inputsOf(settings, step, planHyperparameters(settings, 10)(step), crops(settings, step));
}

const distance = (a: HostTensor, b: HostTensor): number => {
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const difference = Float32Array.from(a.data, (value, i) => value - (b.data[i] as number));
  return norm(difference) / Math.max(1e-6, norm(b.data as Float32Array));
};

async function afterSteps(engine: Engine, settings: Settings, steps: number) {
  const session = await compile(engine, settings);
  const outputs: Awaited<ReturnType<typeof makeStep>>[] = [];
  for (let step = 0; step < steps; step++) outputs.push(await makeStep(session, trainedDino, callsOf(settings, step)));
  const state = await lasting(session, settings);
  await session.dispose();
  return { outputs, state };
}

describe('a step in parts', () => {
  it.each([
    [onnxEngine, 2],
    [onnxEngine, 4],
    [eagerEngine, 2],
  ])('is the step of the whole batch: $name, %#', async (engine, parts) => {
    const whole = await afterSteps(engine, settingsFor(1), 1);
    const inParts = await afterSteps(engine, settingsFor(parts), 1);
    expect(Object.keys(inParts.state).sort()).toEqual(Object.keys(whole.state).sort());
    for (const [name, tensor] of Object.entries(whole.state)) {
      // The biases of the keys have no gradient but what was rounded, and AdamW divides that by its own size.
      const limit = /^(student|teacher)\..*qkv\.bias$/.test(name) ? 1e-2 : 1e-4;
      expect(distance(inParts.state[name] as HostTensor, tensor), name).toBeLessThan(limit);
    }
    const [one] = whole.outputs;
    const [other] = inParts.outputs;
    for (const name of ['loss', 'teacher_entropy', 'grad_norm'] as const) {
      // A norm of hundreds is rounded to more than a ten-thousandth.
      expect((other?.[name] as number) / (one?.[name] as number), name).toBeCloseTo(1, 6);
    }
  });

  it('changes nothing that lasts before its last part, and starts each step anew', async () => {
    const settings = settingsFor(2);
    const session = await compile(onnxEngine, settings);
    const before = await lasting(session, settings);
    const [first, last] = [...callsOf(settings, 0)] as [NamedHostTensors, NamedHostTensors];
    await session.call(first);
    expect(await lasting(session, settings)).toEqual(before);
    // As a step that was given up after its first part; the next one knows nothing of it.
    await makeStep(session, trainedDino, [first, last]);
    const after = await lasting(session, settings);
    await session.dispose();
    expect(after).toEqual((await afterSteps(onnxEngine, settings, 1)).state);
    for (const name of ['student.head.mlp.0.weight', 'teacher.head.mlp.0.weight', 'center']) {
      expect(after[name], name).not.toEqual(before[name]);
    }
  });

  it('ends with the first part that is not finite, of which undo() leaves nothing', async () => {
    const settings = settingsFor(2);
    const session = await compile(onnxEngine, settings);
    const before = await lasting(session, settings);
    const [first, last] = [...callsOf(settings, 0)] as [NamedHostTensors, NamedHostTensors];
    const globals = first['globals'] as HostTensor;
    const broken = { ...first, globals: { ...globals, data: new Float32Array(globals.data.length).fill(Number.NaN) } };
    expect((await makeStep(session, trainedDino, [broken, last])).loss).toBeNaN();
    await session.undo();
    expect(await lasting(session, settings)).toEqual(before);
    expect((await makeStep(session, trainedDino, [first, last])).loss).toBeGreaterThan(0);
    await session.dispose();
  });
});

describe('a step with activation checkpointing', () => {
  const isTheStepWithoutIt = async (engine: Engine) => {
    const settings = { ...settingsFor(1), depth: 3 };
    const kept = await afterSteps(engine, settings, 1);
    const computedAgain = await afterSteps(engine, { ...settings, activation_checkpointing: true }, 1);
    expect(Object.keys(computedAgain.state).sort()).toEqual(Object.keys(kept.state).sort());
    for (const [name, tensor] of Object.entries(kept.state)) {
      const limit = /^(student|teacher)\..*qkv\.bias$/.test(name) ? 1e-2 : 1e-5;
      expect(distance(computedAgain.state[name] as HostTensor, tensor), name).toBeLessThan(limit);
    }
    expect(computedAgain.outputs[0]?.loss).toBeCloseTo(kept.outputs[0]?.loss as number, 5);
  };

  it.each([onnxEngine, eagerEngine])('is the step without it: $name', isTheStepWithoutIt);

  it.skipIf(tensorflowIsMissing).each(['plain', 'xla'] as const)(
    `is the step without it: TensorFlow, %s${whySkipped}`,
    (form) => isTheStepWithoutIt(openTensorFlowEngine({ form })),
  );
});
