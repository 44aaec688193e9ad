import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeConfig, encodeSavedModel, TAG } from '../../../src/compile/tensorflow/schema.js';
import { openTensorFlowEngine } from '../../../src/engines/tensorflow/engine.js';
import { findInstallation } from '../../../src/engines/tensorflow/installation.js';
import { loadTensorFlow } from '../../../src/engines/tensorflow/load.js';
import { stepProgram } from '../../../src/training/step.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { DIVIDED_STEPS, expectSameSteps, settingsFor, stateOf, steps, threeSteps } from './sharedSteps.js';
import { tensorflowIsMissing, whySkipped } from './tensorflowHere.js';

const sessionOf = (settings: ReturnType<typeof settingsFor>, parts: number, cores = 2) =>
  openTensorFlowEngine({ form: 'plain', partsOf: () => parts, cores }).compile(
    stepProgram(settings),
    stateOf(settings),
  );

async function resultsOf(changed: Record<string, unknown>, parts: number, cores?: number) {
  const settings = settingsFor(changed);
  return threeSteps(await sessionOf(settings, parts, cores), settings);
}

describe.skipIf(tensorflowIsMissing)(`A step that TensorFlow computes in parts${whySkipped}`, () => {
  it.each(DIVIDED_STEPS)('is the step of all images at once: %s', async (_, changed, parts) => {
    const whole = await resultsOf(changed, 1);
    const divided = await resultsOf(changed, parts);
    expect(whole.runsAs).toBe('as a plain graph');
    expect(divided.runsAs).toBe(`as a plain graph, images in ${parts} parts, 2 at a time`);
    expectSameSteps(divided, whole);
  });

  it('is the same to the bit however many are computed at a time', async () => {
    const changed = { batch_size: 32 };
    const { runsAs, ...first } = await resultsOf(changed, 32, 1);
    expect(runsAs).toContain('images in 32 parts, 1 at a time');
    // With 32, each op has all threads.
    for (const cores of [2, 16, 32]) {
      const { runsAs: other, ...results } = await resultsOf(changed, 32, cores);
      expect(other).toContain(`${Math.min(cores, 16)} at a time`);
      expect(results).toEqual(first);
    }
  });

  it('can be taken back, and made again to the bit', async () => {
    const settings = settingsFor({});
    const session = await sessionOf(settings, 2);
    const [first] = await steps(session, settings, 1);
    await session.undo();
    expect(await session.readState()).toEqual(stateOf(settings));
    expect((await steps(session, settings, 1))[0]).toEqual(first);
    await session.dispose();
  });

  it('leaves steps that depend on all images as they are', async () => {
    const settings = settingsFor({ use_bn_in_head: true });
    const session = await sessionOf(settings, 2);
    expect(session.runsAs).toBe('as a plain graph');
    await session.dispose();
  });
});

const { binding = '', readsConfig = false } = findInstallation() ?? {};
const whyNotRead = readsConfig ? '' : ' (skipped: this binding does not read it)';
describe.skipIf(!readsConfig)(`How a session is configured${whyNotRead}`, () => {
  const folderOf = (config: Uint8Array) => {
    const folder = mkdtempSync(path.join(temporaryFolder(), 'model-'));
    const nodes = [{ name: 'x', op: 'Placeholder', inputs: [], attributes: { dtype: { type: 'float32' } } }] as const;
    writeFileSync(path.join(folder, 'saved_model.pb'), encodeSavedModel({ nodes, functions: [], signatures: {} }));
    writeFileSync(path.join(folder, 'config.pb'), config);
    return folder;
  };

  it('is read from beside its SavedModel', () => {
    const tensorflow = loadTensorFlow(binding, { isOwn: true });
    const session = tensorflow.loadSavedModel(folderOf(encodeConfig(1)), TAG);
    expect(session).toBeGreaterThanOrEqual(0);
    tensorflow.deleteSavedModel(session);
    expect([...encodeConfig(1)]).toEqual([2 << 3, 1]);
    expect(() => tensorflow.loadSavedModel(folderOf(Uint8Array.of(0xff)), TAG)).toThrow(/ConfigProto/);
  });
});
