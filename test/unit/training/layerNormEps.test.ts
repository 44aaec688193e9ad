/**
 * The step computes with the epsilon of its norms. A norm with the epsilon e of tokens x is the norm with e s^2 of the tokens s x: where all
 * that is added up to tokens is s times as large, the same features come out, and for a power of two s bit for bit.
 */
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engines/engine.js';
import { initialWeights } from '../../../src/method/initialParameters.js';
import type { HostTensor, NamedHostTensors } from '../../../src/program/program.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import type { Settings } from '../../../src/settings/settings.js';
import { planHyperparameters } from '../../../src/training/hyperparameters.js';
import { trainedMethodOf } from '../../../src/training/methods/index.js';
import { initialState } from '../../../src/training/state.js';
import { inputsOf, stepProgram } from '../../../src/training/step.js';
import { callOnce, EVERY_ENGINE } from '../engines/everyEngine.js';
import { TINY } from './images.js';

const SCALE = 2 ** -10;
/** Of the norms that the original has. */
const EPS = Math.fround(1e-6);

const settingsWith = (eps: number): Settings =>
  resolveSettings({
    set: {
      ...TINY,
      ...{ depth: 2, batch_size: 2, local_crops_number: 2, drop_path_rate: 0 },
      ...{ clip_grad: 0, freeze_last_layer: 0, warmup_epochs: 0, layer_norm_eps: eps },
    },
  }).settings;

/** What is added up to the tokens. */
const isOfTokens = (name: string): boolean =>
  /backbone\.(?:cls_token|pos_embed|patch_embed\.proj\.\w+|blocks\.\d+\.(?:attn\.proj|mlp\.fc2)\.\w+)$/.test(name);

const times = (factor: number, { data, ...spec }: HostTensor): HostTensor => ({
  ...spec,
  data: Float32Array.from(data, (value) => factor * value),
});

/** Positions that are far from 0, as after a training. */
function weightsOf(settings: Settings, scale: number): NamedHostTensors {
  const weights = [...initialWeights(trainedMethodOf(settings).method(settings), 1)];
  return Object.fromEntries(
    weights.map(([name, tensor]) => [name, isOfTokens(name) ? times(0.05 * scale, tensor) : tensor]),
  );
}

async function step(engine: Engine, eps: number, scale: number) {
  const settings = settingsWith(eps);
  const program = stepProgram(settings);
  const method = trainedMethodOf(settings).method(settings);
  const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898));
  const pixels = settings.batch_size * settings.in_chans;
  const views = {
    globals: wave(2 * pixels * settings.image_size ** 2),
    locals: wave(settings.local_crops_number * pixels * settings.local_size ** 2),
  };
  const [inputs] = [...inputsOf(settings, 0, planHyperparameters(settings, 10)(0), views)];
  const state = initialState(program.state, method, weightsOf(settings, scale));
  return callOnce(engine, program, state, inputs as NamedHostTensors);
}

describe.each(EVERY_ENGINE)('The step of $name', ({ open, isMissing, compilesSlowly = false }) => {
  it.skipIf(isMissing || compilesSlowly)(
    'is that of weights with another epsilon, scaled by it, bit for bit',
    { timeout: 300_000 },
    async () => {
      const engine = open();
      const usual = await step(engine, EPS, 1);
      const small = await step(engine, EPS * SCALE ** 2, SCALE);
      expect(small.outputs['loss']?.data).toEqual(usual.outputs['loss']?.data);
      const moments = Object.entries(usual.state).filter(([name]) => name.startsWith('exp_avg.'));
      expect(moments.length).toBeGreaterThan(20);
      for (const [name, moment] of moments) {
        const wanted = isOfTokens(name) ? times(1 / SCALE, moment) : moment;
        expect(small.state[name]?.data, name).toEqual(wanted.data);
      }
      // With the usual epsilon such tokens give something else.
      const other = await step(engine, EPS, SCALE);
      expect(other.outputs['loss']?.data).not.toEqual(usual.outputs['loss']?.data);
    },
  );
});
