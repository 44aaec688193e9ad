/** What every method of training is to the step. */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { NamedSpecs, NamedTensors } from '../program/program.js';
import type { Network, RunningNetwork } from './network.js';
import type { ParameterGroups } from './optimizers/groups.js';
import type { Clipped } from './updates.js';

/**
 * A network of a method: trained by the gradient, an exponential moving average of another, or frozen. A frozen one is given from outside
 * when a run starts or goes on, and no checkpoint has it.
 */
export interface Role {
  readonly network: Network;
  readonly is: 'trained' | 'frozen' | { readonly averageOf: string };
}

/** The types of one method. */
export interface MethodTypes {
  readonly role: string;
  /** The inputs and the scalars, by name. */
  readonly inputs: object;
  readonly memory: object;
  /** What `targets` hands on. */
  readonly targets: unknown;
}

/** Networks with their weights, by role. */
export type Networks<M extends MethodTypes> = Readonly<Record<M['role'], RunningNetwork>>;

/** What a method is given in one call of the step. */
interface Given<M extends MethodTypes> {
  readonly inputs: M['inputs'];
  readonly memory: M['memory'];
}

export interface Loss {
  /** What is minimized. */
  readonly total: Scalar;
  /** Its terms, to be logged. */
  readonly parts?: Readonly<Record<string, Scalar>>;
}

/** How values of one call become values of the step, over its calls and over the devices that share it. */
export interface OverStep {
  /** The mean of a value over all calls so far, and all devices. */
  mean<T extends Tensor>(name: string, own: T): T;
  /** A share in the last call of the step, 0 in the others. */
  inLastCall(share: number): number | Scalar;
}

/** A method of self-supervised training, in plain tfjs ops: `targets` are computed without gradient, `loss` with it. */
export interface Method<M extends MethodTypes = MethodTypes> {
  readonly name: string;
  /** All that its results depend on besides the shapes: two methods of equal identity compute the same. */
  readonly identity: string;
  /** One of them is trained. The order is that of the state. */
  readonly roles: Readonly<Record<M['role'], Role>>;
  /** What lives between steps besides weights: centers, queues. 0 at the start. */
  readonly memory: NamedSpecs;
  /** What `remember` takes the mean of over the step: their names and shapes. */
  readonly means: NamedSpecs;
  /** Inputs for `batch` images. */
  inputs(batch: number): NamedSpecs;
  /** The inputs that hold something for each image, [groups, images, ...] in row-major order, by their number of groups. */
  readonly groups: Readonly<Record<string, number>>;
  /** Whether all that it gives, measures included, comes from means over images: parts of a batch then give the same. When left out: no. */
  readonly isMeanOverImages?: boolean;
  /** How its parameters are updated; absent: as in the original. */
  readonly parameterGroups?: ParameterGroups;
  /** What is clipped together; absent: each parameter by itself, as in the original. */
  readonly clipped?: Clipped;
  /** Further inputs, each one number: what changes from step to step by a schedule. */
  readonly scalars: readonly string[];
  targets(networks: Networks<M>, given: Given<M>): M['targets'];
  loss(networks: Networks<M>, given: Given<M>, targets: M['targets']): Loss;
  /** The memory after the step. */
  remember(given: Given<M>, targets: M['targets'], over: OverStep): NamedTensors;
  /**
   * What is measured besides the loss, all scalars.
   * @param loss of all devices
   * @param agreed a value's mean over the devices
   * @param parts of the loss, of all devices
   */
  measures(
    targets: M['targets'],
    loss: Scalar,
    agreed: <T extends Tensor>(own: T) => T,
    parts: Readonly<Record<string, Scalar>>,
  ): Readonly<Record<string, Scalar>>;
}

export const rolesOf = <M extends MethodTypes>({ roles }: Pick<Method<M>, 'roles'>): [M['role'], Role][] =>
  Object.entries<Role>(roles);

/** Whether one of its networks has batch norm: its statistics are those of the images that are computed together. */
export const hasBatchNorm = <M extends MethodTypes>(method: Pick<Method<M>, 'roles'>): boolean =>
  rolesOf(method).some(([, { network }]) => Object.keys(network.buffers).length > 0);

/** Those whose networks a checkpoint has. */
export const savedRolesOf = <M extends MethodTypes>(method: Pick<Method<M>, 'roles'>): [M['role'], Role][] =>
  rolesOf(method).filter(([, { is }]) => is !== 'frozen');
