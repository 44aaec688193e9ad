/**
 * A teacher whose backbone is computed before the training, by a program of its own: the step is given its features in the place of the
 * backbone, which is then neither in the state nor in the graph. The heads, whose outputs would be far larger, stay in the step.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { below, named, prefixed } from '../../program/lookup.js';
import { float32, type NamedSpecs, type NamedTensors, type Program } from '../../program/program.js';
import type { MaskInputs } from '../masks/chosenPatches.js';
import type { Method } from '../method.js';
import { type Network, networkOf } from '../network.js';
import { GLOBALS } from './dino.js';
import { masksLength } from './dinov2.js';
import { type Distillation, type DistillationSpec, distillation } from './distillation.js';
import { computedFeatures, type FeaturesOfTeacher } from './teacherFeatures.js';

/** Of every global crop, [2 * batch, dim]. */
const CLS = 'teacher_cls';
/** As many as may be masked of the batch, [chosen, dim]; absent without an iBOT loss. */
const PATCHES = 'teacher_patches';

type SeenBy = Pick<DistillationSpec, 'teacher' | 'masks' | 'weights'>;

/** The features of `batch` images by name. */
export function featureSpecs({ teacher, masks, weights }: SeenBy, batch: number): NamedSpecs {
  const { dim } = networkOf(teacher).backbone;
  return {
    [CLS]: float32(GLOBALS * batch, dim),
    ...(masks && weights.ibot > 0 && { [PATCHES]: float32(masksLength(batch, masks), dim) }),
  };
}

/** Of [groups, images, ...], as {@link Method.groups} has it. */
export const FEATURE_GROUPS: Readonly<Record<string, number>> = { [CLS]: GLOBALS, [PATCHES]: 1 };

/** Taken from the inputs. */
const givenFeatures: FeaturesOfTeacher = (_teacher, { [CLS]: cls, [PATCHES]: patches }) => {
  if (cls === undefined) throw new Error('The step was not given the features of its teacher.');
  return { cls, ...(patches && { patches }) };
};

/** As {@link distillation}, with the features as further inputs. */
export function distillationFromFeatures(spec: DistillationSpec): Method<Distillation> {
  const method = distillation(spec, givenFeatures);
  const { teacher, ...roles } = method.roles;
  return {
    ...method,
    identity: JSON.stringify({ from: 'features', spec: method.identity }),
    roles: { ...roles, teacher: { ...teacher, network: headsOf(teacher.network) } },
    inputs: (batch) => ({ ...method.inputs(batch), ...featureSpecs(spec, batch) }),
    groups: { ...method.groups, ...FEATURE_GROUPS },
  };
}

/** A network whose backbone is elsewhere. */
export function headsOf(network: Network): Network {
  const ofHeads = (specs: NamedSpecs): NamedSpecs =>
    Object.fromEntries(Object.entries(specs).filter(([name]) => !name.startsWith('backbone.')));
  const { parameters, buffers, trained } = network;
  return { ...network, parameters: ofHeads(parameters), buffers: ofHeads(buffers), trained: ofHeads(trained) };
}

/**
 * Computes the features of `batch` images.
 * State: `teacher.backbone.*`. Inputs: `globals`, and with an iBOT loss `masks`, `mask_indices_list` and `masks_weight`, as of
 * {@link distillation}. Outputs: see {@link featureSpecs}.
 */
export function teacherProgram(spec: DistillationSpec, batch: number): Program {
  const network = networkOf(spec.teacher);
  const { parameters, buffers } = network.backbone;
  const ofPatches = PATCHES in featureSpecs(spec, batch);
  const names = ['globals', ...(ofPatches ? MASKS : [])];
  return {
    name: "a teacher's features",
    identity: JSON.stringify({ teacher: spec.teacher, masks: spec.masks }),
    state: prefixed('teacher.backbone.', { ...parameters, ...buffers }),
    inputs: Object.fromEntries(
      Object.entries(distillation(spec).inputs(batch)).filter(([name]) => names.includes(name)),
    ),
    body: (state, inputs) => {
      const running = network.run(below(state, 'teacher.'), { isTraining: true });
      const globals = named<tf.Tensor4D>(inputs, 'globals');
      const { cls, patches } = computedFeatures(running, { globals }, ofPatches ? masksIn(inputs) : undefined);
      return { state: {}, outputs: { [CLS]: cls, ...(patches && { [PATCHES]: patches }) } };
    },
  };
}

const MASKS = ['masks', 'mask_indices_list', 'masks_weight'] as const satisfies readonly (keyof MaskInputs)[];

const masksIn = (inputs: NamedTensors): MaskInputs => ({
  masks: named<tf.Tensor2D>(inputs, 'masks'),
  mask_indices_list: named<tf.Tensor1D>(inputs, 'mask_indices_list'),
  masks_weight: named<tf.Tensor1D>(inputs, 'masks_weight'),
});
