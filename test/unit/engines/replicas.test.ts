import { beforeAll, describe, expect, it, vi } from 'vitest';
import { simplify } from '../../../src/compile/simplify.js';
import { emitSavedModel } from '../../../src/compile/tensorflow/emit.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import type { Engine } from '../../../src/engines/engine.js';
import { openTensorFlowEngine } from '../../../src/engines/tensorflow/engine.js';
import { findInstallation } from '../../../src/engines/tensorflow/installation.js';
import { loadTensorFlow } from '../../../src/engines/tensorflow/load.js';
import { LocalRuntime } from '../../../src/engines/tensorflow/runtime.js';
import { TensorFlowSession } from '../../../src/engines/tensorflow/session.js';
import type { HostTensor, NamedHostTensors } from '../../../src/program/program.js';
import { planHyperparameters } from '../../../src/training/hyperparameters.js';
import { trainedDino } from '../../../src/training/methods/dino.js';
import { callsOf, makeStep, stepProgram } from '../../../src/training/step.js';
import { cropsOf, expectAlike, settingsFor, stateOf, steps } from './sharedSteps.js';
import { tensorflowIsMissing, whySkipped } from './tensorflowHere.js';
import { openTwoDevices, TWO_DEVICES } from './twoDevices.js';

describe.skipIf(tensorflowIsMissing)(`A step on two devices${whySkipped}`, () => {
  let two: Engine;
  let one: Engine;
  beforeAll(async () => {
    const opened = await openTwoDevices({ sendAhead: true });
    ({ two, one } = opened);
    return opened.remove;
  });

  it.each([
    ['at once', {}],
    ['in two parts', { gradient_accumulation_steps: 2 }],
    ['without local crops', { local_crops_number: 0 }],
  ])('is the step of one device with all images: %s', async (_, changed) => {
    const alone = settingsFor(changed);
    const shared = settingsFor({ ...changed, gpus: 2 });
    const expected = await one.compile(stepProgram(alone), stateOf(alone));
    const actual = await two.compile(stepProgram(shared), stateOf(shared), { namesUpcoming: true });
    expect(actual.runsAs).toBe('as a plain graph on 2 GPUs');
    const wanted = await steps(expected, alone, 3);
    const outputs = await steps(actual, shared, 3);
    outputs.forEach(({ loss, teacher_entropy, grad_norm }, i) => {
      expect(loss).toBeCloseTo(wanted[i]?.loss as number, 4);
      expect(teacher_entropy).toBeCloseTo(wanted[i]?.['teacher_entropy'] as number, 4);
      expect(grad_norm / (wanted[i]?.grad_norm as number)).toBeCloseTo(1, 3);
    });
    expectAlike(await actual.readState(), await expected.readState(), 2e-3);
    await expected.dispose();
    await actual.dispose();
  });

  it('leaves both with the same weights, which is what undo() goes back to', async () => {
    const settings = settingsFor({ gpus: 2 });
    const program = stepProgram(settings);
    const traced = await trace(program.sharing?.part ?? program);
    await useCpuBackend();
    const graph = simplify(traced);
    const runtime = new LocalRuntime(loadTensorFlow(findInstallation()?.binding ?? ''));
    const loading = vi.spyOn(runtime, 'load');
    const session = await TensorFlowSession.open(runtime, program, {
      savedModel: emitSavedModel(program.name, graph, {
        xla: false,
        devices: TWO_DEVICES,
        addBy: 'copies',
        shared: { inputs: program.inputs, groups: program.sharing?.groups ?? {} },
      }),
      outputs: [...graph.outputs.keys()],
      runsAs: '',
      sentAhead: [],
    });
    const number = await loading.mock.results[0]?.value;
    const names = Object.keys(program.state);
    const ofSecond = async (): Promise<NamedHostTensors> => {
      const values = await runtime.run(
        number,
        [],
        names.map((name) => `replica1/state/${name}/read:0`),
      );
      return Object.fromEntries(names.map((name, i) => [name, values[i] as HostTensor]));
    };
    await session.writeState(stateOf(settings));
    await steps(session, settings, 1);
    const after = await session.readState();
    expect(after).not.toEqual(stateOf(settings));
    // To the bit: they add the same numbers up in the same order.
    expect(await ofSecond()).toEqual(after);
    await session.undo();
    expect(await session.readState()).toEqual(stateOf(settings));
    expect(await ofSecond()).toEqual(stateOf(settings));
    await session.dispose();
  });

  it('is the same whether or not its images were sent ahead', async () => {
    const settings = settingsFor({ gpus: 2 });
    const [ahead, atOnce] = [
      await two.compile(stepProgram(settings), stateOf(settings), { namesUpcoming: true }),
      await two.compile(stepProgram(settings), stateOf(settings)),
    ];
    expect(await steps(ahead, settings, 3)).toEqual(await steps(atOnce, settings, 3));
    expect(await ahead.readState()).toEqual(await atOnce.readState());
    // Images other than those that were sent are not mistaken for them.
    const plan = planHyperparameters(settings, 10)(3);
    const [told, other] = [4, 5].map((step) => callsOf(settings, 3, plan, cropsOf(settings, step)).first);
    await makeStep(ahead, trainedDino, callsOf(settings, 3, plan, cropsOf(settings, 3)).all, told);
    await makeStep(atOnce, trainedDino, callsOf(settings, 3, plan, cropsOf(settings, 3)).all);
    expect(await ahead.call(other as NamedHostTensors)).toEqual(await atOnce.call(other as NamedHostTensors));
    await ahead.dispose();
    await atOnce.dispose();
  });

  it('is refused where there are fewer, in one sentence', async () => {
    const settings = settingsFor({ gpus: 2 });
    await expect(one.compile(stepProgram(settings), stateOf(settings))).rejects.toThrow(
      'The setting gpus is 2, but TensorFlow has found no GPU here: set it to 1.',
    );
    const names = ['/device:GPU:0', '/device:GPU:1'];
    const elsewhere = openTensorFlowEngine({ form: 'plain', devices: { names, addBy: 'copies', sendAhead: true } });
    await expect(elsewhere.compile(stepProgram(settings), stateOf(settings))).rejects.toThrow(
      /^TensorFlow has no GPU \d here \(it counts from 0\): set gpus to as many as there are\.$/,
    );
  });
});
