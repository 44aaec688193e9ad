/** CONTRIBUTING's "Add a method", with one that does not exist: trained, saved and gone on with as a run does it. */

import { readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { viewsNamed } from '../../../src/data/batch.js';
import { initializeNetwork, initialWeights } from '../../../src/method/initialParameters.js';
import type { Method, MethodTypes } from '../../../src/method/method.js';
import { networkFrom, networkOf } from '../../../src/method/network.js';
import type { MetricSpec } from '../../../src/metrics/metricSpec.js';
import { prefixed } from '../../../src/program/lookup.js';
import { float32, type NamedHostTensors } from '../../../src/program/program.js';
import { loadCheckpoint, saveCheckpoint } from '../../../src/runs/checkpoint.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import type { Settings } from '../../../src/settings/settings.js';
import { networkSpec } from '../../../src/settings/specs.js';
import { planHyperparameters } from '../../../src/training/hyperparameters.js';
import type { TrainedMethod } from '../../../src/training/methods/trainedMethod.js';
import { initialState, lastingTensors, resumedState, savedState } from '../../../src/training/state.js';
import { inputsOf, makeStep, stepProgram } from '../../../src/training/step.js';
import { onnxEngine } from '../engines/onnxEngine.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { tinySettings } from './images.js';

interface Types extends MethodTypes {
  readonly role: 'online' | 'slow' | 'fixed';
  readonly inputs: { readonly images: tf.Tensor4D; readonly strength: tf.Scalar };
  readonly memory: { readonly seen: tf.Tensor };
  readonly targets: tf.Tensor2D;
}

/** The online network learns to give what a frozen one and its own average give together. */
function middle(settings: Settings): Method<Types> {
  const network = networkFrom(networkOf(networkSpec(settings)).backbone);
  const { in_chans, image_size, embed_dim } = settings;
  return {
    name: 'middle',
    identity: '',
    roles: {
      online: { network, is: 'trained' },
      slow: { network, is: { averageOf: 'online' } },
      fixed: { network, is: 'frozen' },
    },
    memory: { seen: float32(1, embed_dim) },
    means: { feature: float32(1, embed_dim) },
    inputs: (batch) => ({ images: float32(batch, in_chans, image_size, image_size) }),
    groups: { images: 1 },
    scalars: ['strength'],
    targets: ({ slow, fixed }, { inputs: { images } }) =>
      tf.mul(tf.add(slow.features(images), fixed.features(images)), 0.5),
    loss: ({ online }, { inputs: { images, strength } }, targets) => ({
      total: tf.mul(tf.mean(tf.square(tf.sub(online.features(images), tf.mul(targets, -1)))) as tf.Scalar, strength),
    }),
    remember: ({ memory }, targets, { mean, inLastCall }) => ({
      seen: tf.add(memory.seen, tf.mul(mean('feature', tf.mean(targets, 0, true)), inLastCall(1))),
    }),
    measures: (targets, loss, agreed) => {
      const size = agreed(tf.mean(tf.abs(targets)) as tf.Scalar);
      return { target_size: size, doubled_loss: tf.mul(loss, 2), feature_std: size };
    },
  };
}

const described = { title: '', unit: '', format: 3, meaning: '', occasion: 'step', group: 'loss' } as const;
const METRICS = [
  { ...described, name: 'target_size', ofCalls: 'mean' },
  { ...described, name: 'doubled_loss', ofCalls: 'last' },
  { ...described, name: 'strength', group: 'schedule' },
] as const satisfies readonly MetricSpec[];

const trained: TrainedMethod<(typeof METRICS)[number]> = {
  method: middle,
  metrics: METRICS,
  evaluated: 'slow',
  comparesImages: false,
  schedule: () => ({
    frozenSteps: 0,
    plan: (step) => ({
      teacherMomentum: 0.9,
      ofMethod: { strength: 1 + step },
      metrics: { strength: 1 + step },
    }),
  }),
  inputs: ({ batch_size }, _step, views) => {
    const globals = viewsNamed(views, 'globals');
    return { images: globals.subarray(0, globals.length / 2).map((value) => value + batch_size / 1000) };
  },
};

const { settings } = resolveSettings({ set: tinySettings({ batch_size: 4, gradient_accumulation_steps: 2 }) });
const method = middle(settings);
const program = stepProgram(settings, trained);
const plan = planHyperparameters(settings, 10, trained);
const images = settings.batch_size * settings.in_chans * settings.image_size ** 2;
/** A frozen network is given from outside, and not saved. */
const frozen = prefixed('fixed.', initializeNetwork(networkSpec(settings), 7));
const crops = { globals: Float32Array.from({ length: 2 * images }, (_, i) => Math.sin(i)), locals: new Float32Array() };

async function afterSteps(state: NamedHostTensors, from: number, to: number) {
  const session = await onnxEngine.compile(program, state);
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const outputs = await makeStep(session, trained, inputsOf(settings, step, plan(step), crops, trained));
    expect(Object.keys(outputs)).toEqual(['loss', 'target_size', 'doubled_loss', 'feature_std', 'grad_norm']);
    expect(plan(step).metrics).toEqual({ strength: 1 + step });
    losses.push(outputs.loss);
  }
  const after = await session.readState(Object.keys(savedState(program.state, method)));
  expect((await session.readState(['fixed.backbone.norm.bias']))['fixed.backbone.norm.bias']?.data).toEqual(
    frozen['fixed.backbone.norm.bias']?.data,
  );
  await session.dispose();
  return { losses, after };
}

it('A method that nobody knew is trained in parts, saved and resumed bit for bit', async () => {
  const weights = { ...Object.fromEntries(initialWeights(method, settings.seed)), ...frozen };
  const start = initialState(program.state, method, weights);
  expect(start['slow.backbone.cls_token']?.data).toBe(start['online.backbone.cls_token']?.data);
  const straight = await afterSteps(start, 0, 4);
  expect(straight.losses.every(Number.isFinite)).toBe(true);
  expect(straight.after['slow.backbone.norm.bias']?.data).not.toEqual(start['slow.backbone.norm.bias']?.data);

  const { after } = await afterSteps(start, 0, 2);
  const run = temporaryFolder();
  const path = await saveCheckpoint(run, {
    ...lastingTensors(after, method),
    ...{ step: 2, epoch: 0, iteration: 2, seed: settings.seed, epochs: settings.epochs, stepsPerEpoch: 10 },
    optimizerSteps: plan(2).optimizerSteps,
  });
  expect(readdirSync(path).sort()).toEqual([
    'online.safetensors',
    'optimizer.safetensors',
    'slow.safetensors',
    'state.json',
  ]);
  const { parameters } = await loadNetwork(path, { network: 'slow', numHeads: settings.num_heads });
  expect(parameters['backbone.norm.bias']).toEqual(after['slow.backbone.norm.bias']);
  await expect(loadNetwork(path, { network: 'teacher' })).rejects.toThrow(
    `${path} has no network teacher: it holds online, slow.`,
  );
  const { fixed: _, ...saved } = method.roles;
  const loaded = loadCheckpoint(run, { ...method, roles: saved });
  expect(Object.keys(loaded.memory)).toEqual(['seen']);
  const resumed = await afterSteps(resumedState(program.state, loaded, frozen), 2, 4);
  expect(resumed.losses).toEqual(straight.losses.slice(2));
  expect(resumed.after).toEqual(straight.after);
  expect(() => resumedState(program.state, loaded)).toThrow('there is no value for fixed.backbone.cls_token');
  expect(() => loadCheckpoint(run, { ...method, roles: saved, memory: { queue: {} } })).toThrow(
    `The checkpoint ${path} is incomplete: its optimizer.safetensors has no memory.queue.`,
  );
  expect(() => loadCheckpoint(run, { ...method, roles: { other: {} } })).toThrow('other.safetensors cannot be read');
});
