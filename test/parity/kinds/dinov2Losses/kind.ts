/** Folders of the form of `dinov2-losses`: DINOv2's losses and the teacher's distributions, each alone. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Engine } from '../../../../src/engines/engine.js';
import { centeredDistributions, nextCenter } from '../../../../src/method/losses/centering.js';
import { dinoGlobalLoss, dinoLocalLoss } from '../../../../src/method/losses/dinov2.js';
import { ibotLoss } from '../../../../src/method/losses/ibot.js';
import { koleoLoss } from '../../../../src/method/losses/koleo.js';
import { sinkhornKnopp } from '../../../../src/method/losses/sinkhornKnopp.js';
import { lossGradients } from '../../../../src/method/lossGradients.js';
import { named } from '../../../../src/program/lookup.js';
import {
  float32,
  type HostTensor,
  type NamedHostTensors,
  type NamedTensors,
  type Program,
} from '../../../../src/program/program.js';
import { type Difference, exact, relative } from '../../difference.js';
import { parseExpected, unknownKeys } from '../../expected.js';
import type { Kind } from '../../kind.js';
import { outputOf } from '../../steps.js';
import { TensorFile } from '../../tensorFile.js';

/** As the folder's README has them: relative norms. */
const LIMITS = { tensors: 1e-5, losses: 5e-6 };

const count = z.int().min(1);
const expectedSchema = z.object({
  config: z.object({
    batch: count,
    local_crops: count,
    prototypes: count,
    patches: count,
    student_temp: z.number(),
    center_momentum: z.number(),
    sinkhorn_iterations: z.literal(3),
  }),
  teacher_temps: z.array(z.number()).min(1),
  dino: z.object({
    local_sum: z.number(),
    global_mean: z.number(),
    local_term: z.number(),
    global_term: z.number(),
    denominator: count,
  }),
  ibot: z.object({
    forward_masked: z.number(),
    forward_masked_without_weights: z.number(),
    masked: count,
    divided_by: count,
  }),
  koleo: z.object({ loss: z.number(), loss_with_a_duplicate: z.number(), step_term: z.number() }),
});
type Expected = z.output<typeof expectedSchema>;

interface Folder {
  readonly expected: Expected;
  readonly inputs: TensorFile;
  readonly outputs: TensorFile;
}

/** What depends on no engine: which patches are masked, what each counts, which feature is nearest. */
const PLAIN: readonly string[] = ['masks_weight', 'koleo_neighbours'];

export const dinov2Losses: Kind = {
  name: 'dinov2-losses',
  tellBy: 'an expected.json with teacher_temps, dino, ibot and koleo',
  recognizes: (json) => ['teacher_temps', 'dino', 'ibot', 'koleo'].every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const expected = parseExpected(expectedSchema, file, json);
    const [inputs, outputs] = ['inputs', 'outputs'].map((name) => new TensorFile(join(dir, `${name}.safetensors`))) as [
      TensorFile,
      TensorFile,
    ];
    const folder = { expected, inputs, outputs };
    const known = [...quantities(expected), ...PLAIN];
    return {
      leftOut: [
        ...unknownKeys(json, Object.keys(expectedSchema.shape)),
        ...Object.keys(outputs.tensors).filter((name) => !known.includes(name)),
      ],
      precisions: ['float32'],
      withoutEngine: () => withoutEngine(folder),
      on: (engine) => replay(engine, folder),
      count: () => ({ withoutEngine: PLAIN.length + 1, on: quantities(expected).length + SCALARS.length }),
    };
  },
};

/** The tensors that a replay gives. */
const quantities = ({ teacher_temps }: Expected): string[] => [
  ...teacher_temps.flatMap((_, t) =>
    ['dino', 'ibot'].flatMap((of) => [`${of}_centered_${t}`, `${of}_center_seen_${t}`, `${of}_sinkhorn_${t}`]),
  ),
  'dino_center_after',
  'ibot_center_after',
  'teacher_masked_sinkhorn',
  'grad_student_local_logits',
  'grad_student_global_logits',
  'grad_student_masked_logits',
  'grad_koleo_features',
];

const SCALARS = ['local_term', 'global_term', 'forward_masked', 'loss', 'loss_with_a_duplicate', 'step_term'] as const;

function* withoutEngine({ expected, inputs, outputs }: Folder): Generator<Difference> {
  const { patches } = expected.config;
  const masks = inputs.get('masks');
  const masked = [...masks.data].flatMap((isMasked, at) => (isMasked ? [at] : []));
  yield exact('masked patches', masked.join() === [...inputs.get('mask_indices_list').data].join());
  const ofCrop = (at: number) => masked.filter((other) => Math.floor(other / patches) === Math.floor(at / patches));
  const weights = Float32Array.from(masked, (at) => 1 / ofCrop(at).length);
  yield relative('masks_weight', { ...masks, dtype: 'float32', data: weights }, outputs.get('masks_weight'), 1e-7);
  const nearest = nearestOf(inputs.get('koleo_features'));
  yield exact('koleo_neighbours', nearest.join() === [...outputs.get('koleo_neighbours').data].join());
}

function nearestOf({ shape, data }: HostTensor): number[] {
  const [rows = 0, dim = 0] = shape;
  const row = (i: number) => [...data.subarray(i * dim, (i + 1) * dim)];
  const cosine = (a: number[], b: number[]) =>
    a.reduce((sum, x, i) => sum + x * (b[i] as number), 0) / (Math.hypot(...a) * Math.hypot(...b));
  const all = Array.from({ length: rows }, (_, i) => i);
  return all.map((i) =>
    all
      .filter((other) => other !== i)
      .reduce((best, other) => (cosine(row(i), row(other)) > cosine(row(i), row(best)) ? other : best)),
  );
}

async function* replay(engine: Engine, folder: Folder): AsyncGenerator<Difference> {
  const { expected, outputs } = folder;
  const inputs: NamedHostTensors = { ...floatsOf(folder.inputs), masks_weight: outputs.get('masks_weight') };
  const session = await engine.compile(program(expected, inputs), {});
  const made = await session.call(inputs);
  await session.dispose();
  for (const name of quantities(expected))
    yield relative(name, outputOf(made, name), outputs.get(name), LIMITS.tensors);
  const wanted = { ...expected.dino, ...expected.ibot, ...expected.koleo };
  for (const name of SCALARS) {
    const value = Math.abs((outputOf(made, name).data[0] as number) - wanted[name]) / Math.abs(wanted[name]);
    yield { quantity: name, limit: LIMITS.losses, measure: 'relative', value };
  }
}

const floatsOf = ({ tensors }: TensorFile): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(tensors).filter(([name, { dtype }]) => dtype === 'float32' && !name.startsWith('mask')),
  );

function program(expected: Expected, given: NamedHostTensors): Program {
  return {
    name: "DINOv2's losses",
    state: {},
    inputs: Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, float32(...shape)])),
    body: (_, inputs) => ({ state: {}, outputs: { ...teacherOutputs(expected, inputs), ...losses(expected, inputs) } }),
  };
}

function teacherOutputs({ config, teacher_temps }: Expected, inputs: NamedTensors): NamedTensors {
  const outputs: Record<string, tf.Tensor> = {};
  for (const [of, logitsOf] of [
    ['dino', 'cls'],
    ['ibot', 'patch'],
  ] as const) {
    let center: tf.Tensor2D = tf.zeros([1, config.prototypes]);
    teacher_temps.forEach((temperature, t) => {
      const logits = named<tf.Tensor2D>(inputs, `teacher_${logitsOf}_logits_${t}`);
      outputs[`${of}_center_seen_${t}`] = center;
      outputs[`${of}_centered_${t}`] = centeredDistributions(logits, center, tf.scalar(temperature), 1);
      outputs[`${of}_sinkhorn_${t}`] = sinkhornKnopp(logits, tf.scalar(temperature));
      center = nextCenter(center, tf.mean(logits, 0, true), 1 - config.center_momentum);
    });
    outputs[`${of}_center_after`] = center;
  }
  const [first = 0] = teacher_temps;
  outputs['teacher_masked_sinkhorn'] = sinkhornKnopp(named(inputs, 'teacher_masked_logits'), tf.scalar(first));
  return outputs;
}

function losses({ config, ibot, teacher_temps: [first = 0] }: Expected, inputs: NamedTensors): NamedTensors {
  const { batch, prototypes, local_crops: localCrops, student_temp: temperature } = config;
  const views = (logits: tf.Tensor): tf.Tensor3D => tf.reshape(logits, [-1, batch, prototypes]);
  const targets = views(sinkhornKnopp(named(inputs, 'teacher_cls_logits_0'), tf.scalar(first)));
  // The folder has the teacher's views exchanged already.
  const exchanged = tf.stack(tf.unstack(targets).reverse()) as tf.Tensor3D;
  const masked = sinkhornKnopp(named(inputs, 'teacher_masked_logits'), tf.scalar(first));
  const terms: Readonly<Record<string, (given: NamedTensors) => tf.Scalar>> = {
    local_term: (given) => dinoLocalLoss(views(named(given, 'student_local_logits')), targets, temperature),
    global_term: (given) =>
      dinoGlobalLoss(views(named(given, 'student_global_logits')), exchanged, temperature, localCrops),
    forward_masked: (given) => {
      const logits = named<tf.Tensor2D>(given, 'student_masked_logits');
      return ibotLoss(logits, masked, named(inputs, 'masks_weight'), { temperature, crops: ibot.divided_by });
    },
    loss: (given) => koleoLoss(named(given, 'koleo_features')),
  };
  const names = ['student_local_logits', 'student_global_logits', 'student_masked_logits', 'koleo_features'];
  const { parts, gradients } = lossGradients(
    Object.fromEntries(names.map((name) => [name, named(inputs, name)])),
    (given) => {
      const made = Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, term(given)]));
      return { loss: { total: tf.addN(Object.values(made)) as tf.Scalar, parts: made }, moved: {} };
    },
  );
  const features = tf.split(named<tf.Tensor2D>(inputs, 'koleo_features'), 2) as [tf.Tensor2D, tf.Tensor2D];
  return {
    ...parts,
    ...Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [`grad_${name}`, gradient])),
    loss_with_a_duplicate: koleoLoss(named(inputs, 'koleo_duplicate_features')),
    step_term: tf.mul(tf.add(koleoLoss(features[0]), koleoLoss(features[1])), 0.1),
  };
}
