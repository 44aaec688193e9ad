import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

/** What a group of parameters is updated with in one step. */
export interface UpdateOfGroup {
  readonly lr: number;
  readonly weightDecay: number;
  /** How many updates the group has had, this one included. */
  readonly updates: number;
}

/**
 * A rule that updates one parameter from its gradient. What changes from step to step enters the compiled step as scalars, the
 * coefficients: they are computed on the host, so that nothing is compiled again.
 */
export interface Optimizer<Moment extends string = string, Coefficient extends string = string> {
  readonly name: string;
  /** What it keeps of each parameter between steps, of the parameter's shape, 0 at the start. PyTorch's names. */
  readonly moments: readonly Moment[];
  coefficients(update: UpdateOfGroup): Readonly<Record<Coefficient, number>>;
  /** The coefficients with which neither the parameter nor its moments move, bit by bit. */
  readonly frozen: Readonly<Record<Coefficient, number>>;
  /** @param gradientScale what the gradient is multiplied by first: the clipping's factor */
  update(
    given: ParameterUpdate<Moment>,
    at: Readonly<Record<Coefficient, Scalar>>,
  ): { readonly parameter: Tensor; readonly moments: Readonly<Record<Moment, Tensor>> };
}

interface ParameterUpdate<Moment extends string> {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly gradientScale: Scalar;
  readonly moments: Readonly<Record<Moment, Tensor>>;
}
