/**
 * One training step of DINO: forward, loss, backward, clip, AdamW, teacher, center (main_dino.py, `train_one_epoch`).
 *
 * A step may be made by several calls, each with a part of its images (gradient accumulation), in the memory that one part
 * takes. The parts' gradients and teacher logits are averaged in the state; the center, which every part is centered by, the
 * weights and the teacher change in the last call alone. So the step is that of all its images at once, but for rounding.
 */
import * as tf from '@tensorflow/tfjs-core';
// Without it tfjs knows no gradient.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { type Parameters, parametersOf, prefixed } from '../program/lookup.js';
import {
  float32,
  type NamedHostTensors,
  type NamedSpecs,
  type NamedTensors,
  type Program,
  type TensorSpec,
} from '../program/program.js';
import { meanOverReplicas } from '../program/replicas.js';
import { project } from './head.js';
import { dinoLoss, featureSpread, meanEntropy, nextCenter, teacherDistributions } from './loss.js';
import {
  type AdamWCoefficients,
  adamW,
  adamWCoefficients,
  COEFFICIENT_NAMES,
  clipScale,
  FROZEN,
  isDecayed,
} from './optimizer.js';
import { networkParameters } from './parameters.js';
import type { NetworkSpec } from './specification.js';
import { clsFeatures, type DropPathScales } from './vit.js';

export interface StepSpec {
  readonly network: NetworkSpec;
  /** Images of a call. */
  readonly batchSize: number;
  /** Calls that make one step. */
  readonly calls: number;
  /** Devices that share the images of a call evenly. When left out: 1. */
  readonly replicas?: number;
  readonly localCropsNumber: number;
  readonly localSize: number;
  /** Whether the step takes stochastic depth's scales (`drop_path`). */
  readonly dropPath: boolean;
  /** Whether what the student's blocks compute is computed again for the gradient, not kept for it. When left out: no. */
  readonly activationCheckpointing?: boolean;
  readonly studentTemp: number;
  readonly centerMomentum: number;
  /** Largest norm of each parameter's gradient; 0 switches clipping off. */
  readonly clipGrad: number;
}

/** Parameters that the optimiser updates: all, but for the prototypes' norms when they are held at 1. */
export const trainedParameters = (network: NetworkSpec): NamedSpecs =>
  Object.fromEntries(
    Object.entries(networkParameters(network)).filter(
      ([name]) => !(network.head.normLastLayer && name === 'head.last_layer.weight_g'),
    ),
  );

/** AdamW's groups; the last layer stands apart since it starts later. */
type Group = 'decayed' | 'plain' | 'last_layer';
const GROUPS: readonly Group[] = ['decayed', 'plain', 'last_layer'];

function groupOf(name: string, spec: TensorSpec): Group {
  if (name.startsWith('head.last_layer.')) return 'last_layer';
  return isDecayed(name, spec.shape.length) ? 'decayed' : 'plain';
}

const coefficientInput = (group: Group, name: string) => `${group}.${name}`;

export interface StepScalars {
  readonly lr: number;
  readonly weightDecay: number;
  readonly teacherMomentum: number;
  readonly teacherTemp: number;
  /** Whether the last layer gets no update in this step (`freeze_last_layer`). */
  readonly lastLayerFrozen: boolean;
  /** How many updates the parameters have had before this step. The last layer's count starts when it thaws. */
  readonly optimizerSteps: { readonly main: number; readonly lastLayer: number };
}

/** Which of the calls that make a step, from 0. */
export interface CallPlace {
  readonly call: number;
  readonly calls: number;
}

/** The step's scalar inputs. Only these and the crops change from step to step: nothing is ever compiled again. */
export function stepInputs(scalars: StepScalars, { call, calls }: CallPlace = ONLY_CALL): NamedHostTensors {
  const { lr, weightDecay, optimizerSteps } = scalars;
  const isLast = call === calls - 1;
  const coefficients: Record<Group, AdamWCoefficients<number>> = isLast
    ? {
        decayed: adamWCoefficients(lr, weightDecay, optimizerSteps.main + 1),
        plain: adamWCoefficients(lr, 0, optimizerSteps.main + 1),
        last_layer: scalars.lastLayerFrozen ? FROZEN : adamWCoefficients(lr, weightDecay, optimizerSteps.lastLayer + 1),
      }
    : { decayed: FROZEN, plain: FROZEN, last_layer: FROZEN };
  const teacherMomentum = isLast ? scalars.teacherMomentum : 1;
  const values: Record<string, number> = {
    teacher_momentum: teacherMomentum,
    student_share: 1 - teacherMomentum,
    teacher_temp: scalars.teacherTemp,
    ...(calls > 1 && { accumulated_share: call === 0 ? 0 : 1, center_update: isLast ? 1 : 0 }),
  };
  for (const group of GROUPS) {
    for (const name of COEFFICIENT_NAMES) values[coefficientInput(group, name)] = coefficients[group][name];
  }
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      { shape: [], dtype: 'float32' as const, data: Float32Array.of(value) },
    ]),
  );
}

const ONLY_CALL: CallPlace = { call: 0, calls: 1 };

/** What a step's calls have gathered so far; it means nothing between steps. */
const ACCUMULATED = 'accumulated.';

/** What of the state lasts from step to step. */
export const lastingState = (state: NamedSpecs): NamedSpecs =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !name.startsWith(ACCUMULATED)));

const SCALAR_INPUTS: NamedSpecs = Object.fromEntries(
  [
    'teacher_momentum',
    'student_share',
    'teacher_temp',
    ...GROUPS.flatMap((group) => COEFFICIENT_NAMES.map((name) => coefficientInput(group, name))),
  ].map((name) => [name, float32()]),
);

/** The student on all crops: one backbone pass a size, one head pass on all, and the loss. */
function studentPass(
  spec: StepSpec,
  student: Parameters,
  crops: { readonly globals: tf.Tensor4D; readonly locals?: tf.Tensor4D; readonly dropPath?: DropPathScales },
  teacher: tf.Tensor3D,
): tf.Scalar {
  const { vit } = spec.network;
  const backbone: Parameters = (name) => student(`backbone.${name}`);
  const { globals, locals, dropPath } = crops;
  const scales = (first: number, count: number): DropPathScales | undefined =>
    dropPath && tf.slice(dropPath, [0, 0, first], [vit.depth, 2, count]);
  const pass = (first: number, images: tf.Tensor4D) => ({
    dropPath: scales(first, images.shape[0]),
    blocksAreSections: spec.activationCheckpointing ?? false,
  });
  const ofGlobals = clsFeatures(vit, backbone, globals, pass(0, globals));
  const features =
    locals === undefined
      ? ofGlobals
      : tf.concat([ofGlobals, clsFeatures(vit, backbone, locals, pass(globals.shape[0], locals))], 0);
  const logits = project((name) => student(`head.${name}`), features);
  return dinoLoss(logits, teacher, spec.studentTemp);
}

/**
 * The step as a program.
 *
 * State: `student.*`, `teacher.*`, `exp_avg.*`, `exp_avg_sq.*` (AdamW's moments), `center` [1, K]. With several calls a step,
 * also `accumulated.<parameter>` and `accumulated.logits` [1, K]: means of gradients and teacher logits over the calls so far.
 * Inputs: `globals` [2 * batch, C, H, W] and `locals` [local crops * batch, C, h, w], crop-major (absent without local
 * crops), `drop_path` [depth, 2, crops * batch] where `dropPath` is set, and the scalars of {@link stepInputs}.
 * Outputs, all scalars: `loss`; `teacher_entropy`; `kl` (their difference); `grad_norm`, over all parameters before
 * clipping; `feature_std`, see {@link featureSpread} (of several replicas the mean of each one's). With `gradients`, also `gradient.<parameter>` before clipping. The
 * gradients, and their norm, are those gathered so far: the last call's are the step's. All else is of the call's own images.
 */
export function trainingStep(spec: StepSpec, { gradients = false } = {}): Program {
  const { network, batchSize, replicas = 1, localCropsNumber, dropPath } = spec;
  const whole = stepOf(spec, { gradients, isPart: false });
  if (replicas === 1) return whole;
  const views = 2 + localCropsNumber;
  return {
    ...whole,
    sharing: {
      replicas,
      part: stepOf({ ...spec, batchSize: batchSize / replicas }, { gradients, isPart: true }),
      groups: {
        globals: 2,
        ...(localCropsNumber > 0 && { locals: localCropsNumber }),
        ...(dropPath && { drop_path: network.vit.depth * 2 * views }),
      },
    },
  };
}

interface StepForm {
  readonly gradients: boolean;
  /** Whether it is one of several replicas, which have to agree. */
  readonly isPart: boolean;
}

function stepOf(spec: StepSpec, { gradients: wantGradients, isPart }: StepForm): Program {
  const agreed = <T extends tf.Tensor>(own: T): T => (isPart ? meanOverReplicas(own) : own);
  const { network, batchSize, calls, localCropsNumber, localSize } = spec;
  const { vit, head } = network;
  const all = networkParameters(network);
  const trained = trainedParameters(network);
  const trainedNames = Object.keys(trained);
  const views = 2 + localCropsNumber;

  return {
    name: 'training step',
    identity: JSON.stringify({ spec, wantGradients }),
    state: {
      ...prefixed('student.', all),
      ...prefixed('teacher.', all),
      ...prefixed('exp_avg.', trained),
      ...prefixed('exp_avg_sq.', trained),
      center: float32(1, head.outDim),
      ...(calls > 1 && { ...prefixed(ACCUMULATED, trained), [`${ACCUMULATED}logits`]: float32(1, head.outDim) }),
    },
    inputs: {
      globals: float32(2 * batchSize, vit.inChans, vit.imageSize, vit.imageSize),
      ...(localCropsNumber > 0 && {
        locals: float32(localCropsNumber * batchSize, vit.inChans, localSize, localSize),
      }),
      ...(spec.dropPath && { drop_path: float32(vit.depth, 2, views * batchSize) }),
      ...SCALAR_INPUTS,
      ...(calls > 1 && { accumulated_share: float32(), center_update: float32() }),
    },
    body: (state, inputs) => {
      const teacher = parametersOf(state, 'teacher.');
      const scalar = (name: string) => parametersOf(inputs, '')<tf.Scalar>(name);
      const globals = inputs['globals'] as tf.Tensor4D;
      const center = state['center'] as tf.Tensor2D;

      const teacherFeatures = clsFeatures(vit, (name) => teacher(`backbone.${name}`), globals);
      const teacherLogits = project((name) => teacher(`head.${name}`), teacherFeatures);
      const distributions = teacherDistributions(teacherLogits, center, scalar('teacher_temp'));

      const studentTensors = parametersOf(state, 'student.');
      const { value: loss, grads: ownGradients } = tf.valueAndGrads((...tensors) => {
        const byName: NamedTensors = Object.fromEntries(trainedNames.map((name, i) => [name, tensors[i] as tf.Tensor]));
        const student: Parameters = <T extends tf.Tensor>(name: string) => (byName[name] ?? studentTensors(name)) as T;
        const crops = {
          globals,
          ...(inputs['locals'] && { locals: inputs['locals'] as tf.Tensor4D }),
          ...(inputs['drop_path'] && { dropPath: inputs['drop_path'] as DropPathScales }),
        };
        return studentPass(spec, student, crops, distributions);
      })(trainedNames.map((name) => studentTensors(name)));

      const newState: Record<string, tf.Tensor> = {};
      const accumulated = <T extends tf.Tensor>(name: string, own: T): T => {
        if (calls === 1) return own;
        const key = `${ACCUMULATED}${name}`;
        const before = tf.mul(state[key] as tf.Tensor, scalar('accumulated_share'));
        const sum: T = tf.add(before, tf.mul(own, 1 / calls));
        newState[key] = sum;
        return sum;
      };
      const gradients = trainedNames.map((name, i) => accumulated(name, agreed(ownGradients[i] as tf.Tensor)));
      const newShare = 1 - spec.centerMomentum;
      const share = calls === 1 ? newShare : tf.mul<tf.Scalar>(scalar('center_update'), newShare);
      newState['center'] = nextCenter(center, accumulated('logits', agreed(tf.mean(teacherLogits, 0, true))), share);
      const squaredNorms: tf.Scalar[] = [];
      trainedNames.forEach((name, i) => {
        const gradient = gradients[i] as tf.Tensor;
        const group = groupOf(name, trained[name] as TensorSpec);
        const coefficients = Object.fromEntries(
          COEFFICIENT_NAMES.map((key) => [key, scalar(coefficientInput(group, key))]),
        ) as unknown as AdamWCoefficients<tf.Scalar>;
        const squaredNorm: tf.Scalar = tf.sum(tf.mul(gradient, gradient));
        squaredNorms.push(squaredNorm);
        const scale = spec.clipGrad > 0 ? clipScale(tf.sqrt(squaredNorm), spec.clipGrad) : tf.scalar(1);
        const moments = {
          average: state[`exp_avg.${name}`] as tf.Tensor,
          averageSquare: state[`exp_avg_sq.${name}`] as tf.Tensor,
        };
        const updated = adamW(studentTensors(name), gradient, scale, moments, coefficients);
        newState[`student.${name}`] = updated.parameter;
        newState[`exp_avg.${name}`] = updated.average;
        newState[`exp_avg_sq.${name}`] = updated.averageSquare;
      });
      for (const name of Object.keys(all)) {
        newState[`teacher.${name}`] = tf.add(
          tf.mul(teacher(name), scalar('teacher_momentum')),
          tf.mul(newState[`student.${name}`] ?? studentTensors(name), scalar('student_share')),
        );
      }

      const crossEntropy: tf.Scalar = agreed(loss as tf.Scalar);
      const teacherEntropy = agreed(meanEntropy(distributions));
      return {
        state: newState,
        outputs: {
          loss: crossEntropy,
          teacher_entropy: teacherEntropy,
          kl: tf.sub(crossEntropy, teacherEntropy),
          grad_norm: tf.sqrt(tf.addN(squaredNorms)),
          feature_std: agreed(featureSpread(teacherFeatures) as tf.Scalar),
          ...(wantGradients &&
            Object.fromEntries(trainedNames.map((name, i) => [`gradient.${name}`, gradients[i] as tf.Tensor]))),
        },
      };
    },
  };
}
