/** A training step as main_dino.py takes it, with PyTorch's AdamW, written out number by number. */
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkSpec } from '../../../src/method/network.js';
import { part, plainFeatures, plainHead, plainLogits, plainLoss, type Weights } from './plainNetwork.js';
import { vitOf } from './vitOf.js';

export interface PlainStep {
  readonly network: NetworkSpec;
  readonly lr: number;
  readonly weightDecay: number;
  readonly teacherMomentum: number;
  readonly teacherTemp: number;
  readonly studentTemp: number;
  readonly centerMomentum: number;
  readonly clipGrad: number;
  /** The parameters that get no update, and how many updates each of the others has had, with this one. */
  readonly isFrozen: (name: string) => boolean;
  readonly updates: (name: string) => number;
}

export interface PlainCrops {
  /** Each [batch, C, H, W], the two globals first. */
  readonly crops: readonly tf.Tensor4D[];
  /** For each crop [depth, 2, batch]. */
  readonly dropPath?: readonly tf.Tensor3D[];
}

const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

/** New state and outputs, from `student.*`, `teacher.*`, `exp_avg.*`, `exp_avg_sq.*` and `center`. */
export function plainStep(step: PlainStep, state: Weights, { crops, dropPath }: PlainCrops) {
  const { network, clipGrad } = step;
  const teacher = part(state, 'teacher.');
  const student = part(state, 'student.');
  const globals = crops.slice(0, 2);
  const features = globals.map((images) => plainFeatures(vitOf(network.backbone), part(teacher, 'backbone.'), images));
  const teacherLogits = features.map((ofView) => plainHead(part(teacher, 'head.'), ofView));
  const center = state['center'] as tf.Tensor;
  const targets = teacherLogits.map((logits) => tf.softmax(tf.div(tf.sub(logits, center), step.teacherTemp)));

  const trained = Object.keys(student).filter((name) => !step.isFrozen(name) || name.endsWith('weight_v'));
  const loss = (...tensors: tf.Tensor[]) => {
    const weights = { ...student, ...Object.fromEntries(trained.map((name, i) => [name, tensors[i] as tf.Tensor])) };
    const logits = crops.map((images, i) => plainLogits(network, weights, images, dropPath?.[i]));
    return plainLoss(tf.concat(logits, 0), tf.stack(targets) as tf.Tensor3D, step.studentTemp);
  };
  const { value, grads } = tf.valueAndGrads(loss)(trained.map((name) => student[name] as tf.Tensor));

  const after: Record<string, tf.Tensor> = {};
  const gradients: Record<string, tf.Tensor> = {};
  let squares = 0;
  for (const [i, name] of trained.entries()) {
    const gradient = grads[i] as tf.Tensor;
    gradients[name] = gradient;
    const g = numbers(gradient);
    const norm = Math.sqrt(g.reduce((sum, x) => sum + x * x, 0));
    squares += norm ** 2;
    const weight = student[name] as tf.Tensor;
    const isPlain = name.endsWith('.bias') || weight.rank === 1;
    const [m, v] = [state[`exp_avg.${name}`], state[`exp_avg_sq.${name}`]] as [tf.Tensor, tf.Tensor];
    if (step.isFrozen(name)) {
      Object.assign(after, { [`student.${name}`]: weight, [`exp_avg.${name}`]: m, [`exp_avg_sq.${name}`]: v });
      continue;
    }
    const clip = clipGrad > 0 ? Math.min(1, clipGrad / (norm + 1e-6)) : 1;
    const t = step.updates(name);
    const clipped = g.map((x) => x * clip);
    const average = numbers(m).map((x, j) => 0.9 * x + 0.1 * (clipped[j] as number));
    const square = numbers(v).map((x, j) => 0.999 * x + 0.001 * (clipped[j] as number) ** 2);
    const updated = numbers(weight).map((w, j) => {
      const direction =
        (average[j] as number) / (1 - 0.9 ** t) / (Math.sqrt((square[j] as number) / (1 - 0.999 ** t)) + 1e-8);
      return w * (1 - step.lr * (isPlain ? 0 : step.weightDecay)) - step.lr * direction;
    });
    after[`student.${name}`] = tf.tensor(updated, weight.shape);
    after[`exp_avg.${name}`] = tf.tensor(average, weight.shape);
    after[`exp_avg_sq.${name}`] = tf.tensor(square, weight.shape);
  }
  for (const [name, before] of Object.entries(teacher)) {
    const own = numbers(after[`student.${name}`] ?? (student[name] as tf.Tensor));
    const moved = numbers(before).map(
      (w, j) => w * step.teacherMomentum + (own[j] as number) * (1 - step.teacherMomentum),
    );
    after[`teacher.${name}`] = tf.tensor(moved, before.shape);
  }
  const mean = tf.mean(tf.concat(teacherLogits, 0), 0, true);
  after['center'] = tf.add(tf.mul(center, step.centerMomentum), tf.mul(mean, 1 - step.centerMomentum));

  const rows = targets.flatMap((target) => target.arraySync() as number[][]);
  const entropy = -rows.flat().reduce((sum, p) => sum + p * Math.log(p), 0) / rows.length;
  return {
    state: after,
    gradients,
    outputs: {
      loss: value.dataSync()[0] as number,
      teacher_entropy: entropy,
      kl: (value.dataSync()[0] as number) - entropy,
      grad_norm: Math.sqrt(squares),
      feature_std: plainSpread(features.flatMap((ofView) => ofView.arraySync())),
    },
  };
}

/** The standard deviation of each dimension over the rows, once these have length 1; of that the mean. */
export function plainSpread(features: readonly (readonly number[])[]): number {
  const unit = features.map((row) => row.map((x) => x / Math.hypot(...row)));
  const dim = unit[0]?.length ?? 0;
  const deviations = Array.from({ length: dim }, (_, d) => {
    const column = unit.map((row) => row[d] as number);
    const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
    return Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length);
  });
  return deviations.reduce((sum, x) => sum + x, 0) / dim;
}
