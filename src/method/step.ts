/**
 * One training step of any method with any optimizer: targets, loss, backward, clip, update, moving averages
 * (main_dino.py, `train_one_epoch`).
 *
 * A step may be made by several calls, each with a part of its images (gradient accumulation), in the memory that one part
 * takes. The parts' gradients, and the means that the method remembers, are averaged in the state; weights and memory change in the
 * last call alone. So the step is that of all its images at once, up to rounding. Batch norm is the exception: it takes the
 * statistics of each call's images.
 */
import * as tf from '@tensorflow/tfjs-core';
import { below, flat, named, picked, prefixed } from '../program/lookup.js';
import type { NamedSpecs, NamedTensors, Program } from '../program/program.js';
import { meanOverReplicas, type Sharing } from '../program/replicas.js';
import { lossGradients } from './lossGradients.js';
import { hasBatchNorm, type Method, type MethodTypes, type Networks, type OverStep, rolesOf } from './method.js';
import { ORIGINAL_GROUPS } from './optimizers/groups.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { scalarInputs } from './stepInputs.js';
import { movingAverages, updatedParameters } from './updates.js';

/** How a step is made, whatever the method and the optimizer. */
export interface StepPlan {
  /** Images of a call. */
  readonly batchSize: number;
  /** Calls that make one step. */
  readonly calls: number;
  /** Devices that share the images of a call evenly. When left out: 1. */
  readonly replicas?: number;
  /** Whether the trained network's activations are computed again for the gradient, instead of stored for it. When left out: no. */
  readonly activationCheckpointing?: boolean;
  /** Largest norm of what the method clips together, each parameter's gradient or each module's; 0 switches clipping off. */
  readonly clipGrad: number;
  /** Whether the outputs have each parameter's gradient. When left out: no. */
  readonly gradients?: boolean;
}

/** What a step's calls have gathered so far; it means nothing between steps. */
const ACCUMULATED = 'accumulated.';

/** What of the state lasts from step to step. */
export const lastingState = (state: NamedSpecs): NamedSpecs =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !name.startsWith(ACCUMULATED)));

/**
 * The step as a program.
 *
 * State: each role's parameters and buffers (`student.*`, `teacher.*`), the optimizer's moments (`exp_avg.*`), the method's memory.
 * With several calls a step, also `accumulated.<name>`: means of gradients and of what the method remembers over the calls so far.
 * Inputs: the method's, and the scalars of `stepInputs`.
 * Outputs, all scalars: `loss`, its parts, `grad_norm` over all parameters before clipping, and what the method measures. With
 * `gradients`, also `gradient.<parameter>` before clipping. The gradients, and their norm, are those gathered so far: the last call's
 * are the step's. All else is of the call's own images.
 */
export function stepProgram<M extends MethodTypes>(method: Method<M>, optimizer: Optimizer, plan: StepPlan): Program {
  const { batchSize, replicas = 1 } = plan;
  const whole = stepOf(method, optimizer, plan, ONE_DEVICE);
  const sharedBy = (devices: number): Sharing => {
    const ofPart = { ...plan, batchSize: batchSize / devices, replicas: devices };
    const part = stepOf(method, optimizer, ofPart, { replicas: devices, agreed: meanOverReplicas });
    return { replicas: devices, part, groups: method.groups };
  };
  if (replicas > 1) return { ...whole, sharing: sharedBy(replicas) };
  if (!isDivisible(method)) return whole;
  const { outputSize: layerSize } = method.roles[trainedRoleOf(method)].network.backbone;
  return { ...whole, divisible: { images: batchSize, layerSize, into: sharedBy } };
}

/** Batch norm takes its statistics of all images before it goes on. */
const isDivisible = <M extends MethodTypes>(method: Method<M>): boolean =>
  method.isMeanOverImages === true && !hasBatchNorm(method);

/** The devices that share the images of a call. */
interface Devices {
  readonly replicas: number;
  /** A value's mean over all of them. */
  readonly agreed: <T extends tf.Tensor>(own: T) => T;
}

const ONE_DEVICE: Devices = { replicas: 1, agreed: (own) => own };

function stepOf<M extends MethodTypes>(
  method: Method<M>,
  optimizer: Optimizer,
  plan: StepPlan,
  { replicas, agreed }: Devices,
): Program {
  const { batchSize, calls, activationCheckpointing = false } = plan;
  const trainedRole = trainedRoleOf(method);
  const student = method.roles[trainedRole].network;
  const { trained } = student;
  const groups = method.parameterGroups ?? ORIGINAL_GROUPS;

  return {
    name: 'training step',
    identity: JSON.stringify({ method: method.name, spec: method.identity, optimizer: optimizer.name, plan }),
    state: stateOf(method, optimizer, trained, calls),
    inputs: { ...method.inputs(batchSize), ...scalarInputs(optimizer, groups, method.scalars, calls) },
    body: (state, inputs) => {
      // The specs above name what the method reads.
      const given = { inputs: inputs as M['inputs'], memory: state as M['memory'] };
      const networks = runningNetworks(method, state, replicas);
      const targets = method.targets(networks, given);
      const { loss, parts, gradients, moved } = lossGradients(
        picked(state, `${trainedRole}.`, Object.keys(trained)),
        (parameters) => {
          const running = student.run(
            { ...below(state, `${trainedRole}.`), ...parameters },
            { isTraining: true, replicas, blocksAreSections: activationCheckpointing },
          );
          return {
            loss: method.loss({ ...networks, [trainedRole]: running }, given, targets),
            moved: running.moved(),
          };
        },
      );

      const over = overStep(state, inputs, calls, agreed);
      const ofStep = Object.fromEntries(
        Object.entries(gradients).map(([name, gradient]) => [name, over.mean(name, gradient)]),
      );
      const remembered = method.remember(given, targets, over);
      const update = {
        optimizer,
        role: trainedRole,
        trained,
        groups,
        clipped: method.clipped,
        clipGrad: plan.clipGrad,
      };
      const updated = updatedParameters(update, state, inputs, ofStep);
      const averaged = movingAverages(method, state, { ...state, ...updated.state }, inputs);
      const buffers = Object.fromEntries(
        rolesOf(method).map(([role]) => [role, role === trainedRole ? moved : networks[role].moved()]),
      );

      const agreedLoss = agreed(loss);
      const agreedParts = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, agreed(value)]));
      return {
        state: { ...over.gathered, ...remembered, ...updated.state, ...averaged, ...flat(buffers) },
        outputs: {
          loss: agreedLoss,
          ...agreedParts,
          ...method.measures(targets, agreedLoss, agreed, agreedParts),
          grad_norm: updated.gradientNorm,
          ...(plan.gradients && flat({ gradient: ofStep })),
        },
      };
    },
  };
}

function trainedRoleOf<M extends MethodTypes>(method: Method<M>): M['role'] {
  const [trained, ...others] = rolesOf(method).filter(([, { is }]) => is === 'trained');
  if (trained === undefined || others.length > 0) throw new Error(`The method ${method.name} must train one network.`);
  return trained[0];
}

function stateOf<M extends MethodTypes>(
  method: Method<M>,
  { moments }: Optimizer,
  trained: NamedSpecs,
  calls: number,
): NamedSpecs {
  const ofRoles = rolesOf(method).map(([role, { network }]) => [role, { ...network.parameters, ...network.buffers }]);
  return {
    ...flat(Object.fromEntries(ofRoles)),
    ...flat(Object.fromEntries(moments.map((moment) => [moment, trained]))),
    ...method.memory,
    ...(calls > 1 && prefixed(ACCUMULATED, { ...trained, ...method.means })),
  };
}

/** All networks, outside the gradient. */
function runningNetworks<M extends MethodTypes>(method: Method<M>, state: NamedTensors, replicas: number): Networks<M> {
  const running = rolesOf(method).map(([role, { network }]) => [
    role,
    network.run(below(state, `${role}.`), { isTraining: true, replicas }),
  ]);
  return Object.fromEntries(running);
}

function overStep(
  state: NamedTensors,
  inputs: NamedTensors,
  calls: number,
  agreed: Devices['agreed'],
): OverStep & { readonly gathered: NamedTensors } {
  const gathered: Record<string, tf.Tensor> = {};
  return {
    gathered,
    mean: (name, own) => {
      if (calls === 1) return agreed(own);
      const key = `${ACCUMULATED}${name}`;
      const before = tf.mul(named(state, key), named(inputs, 'accumulated_share'));
      const sum: typeof own = tf.add(before, tf.mul(agreed(own), 1 / calls));
      gathered[key] = sum;
      return sum;
    },
    inLastCall: (share) => (calls === 1 ? share : tf.mul<tf.Scalar>(named<tf.Scalar>(inputs, 'is_last_call'), share)),
  };
}
