/** The scalar inputs of a step: only these and the crops change from step to step, so that nothing is compiled again. */
import { float32, type NamedHostTensors, type NamedSpecs } from '../program/program.js';
import { ORIGINAL_GROUPS, type ParameterGroup, type ParameterGroups } from './optimizers/groups.js';
import type { Optimizer } from './optimizers/optimizer.js';

export interface StepScalars {
  readonly lr: number;
  readonly weightDecay: number;
  readonly teacherMomentum: number;
  /** The method's own scalars, by name. */
  readonly ofMethod: Readonly<Record<string, number>>;
  /** Whether the last layer stays as it is in this step (`freeze_last_layer`). */
  readonly lastLayerFrozen: boolean;
  /** How it is kept: by dropping its gradient, or by a learning rate of 0, under which its moments move. When left out: its gradient. */
  readonly frozenBy?: 'rate';
  /** How many updates the parameters have had before this step. The last layer's count starts when it thaws. */
  readonly optimizerSteps: { readonly main: number; readonly lastLayer: number };
}

/** Which of the calls that make a step, from 0. */
export interface CallPlace {
  readonly call: number;
  readonly calls: number;
}

const ONLY_CALL: CallPlace = { call: 0, calls: 1 };

export const coefficientInput = (group: ParameterGroup, name: string): string => `${group.name}.${name}`;

export const scalarInputs = (
  optimizer: Optimizer,
  { all }: ParameterGroups,
  ofMethod: readonly string[],
  calls: number,
): NamedSpecs =>
  Object.fromEntries(
    [
      'average_momentum',
      'average_share',
      ...ofMethod,
      ...(calls > 1 ? ['accumulated_share', 'is_last_call'] : []),
      ...all.flatMap((group) => Object.keys(optimizer.frozen).map((name) => coefficientInput(group, name))),
    ].map((name) => [name, float32()]),
  );

/** The values of {@link scalarInputs} in one call of a step. @param groups of the method */
export function stepInputs(
  optimizer: Optimizer,
  scalars: StepScalars,
  { call, calls }: CallPlace = ONLY_CALL,
  { all }: ParameterGroups = ORIGINAL_GROUPS,
): NamedHostTensors {
  const isLast = call === calls - 1;
  const averageMomentum = isLast ? scalars.teacherMomentum : 1;
  const values: Record<string, number> = {
    average_momentum: averageMomentum,
    average_share: 1 - averageMomentum,
    ...scalars.ofMethod,
    ...(calls > 1 && { accumulated_share: call === 0 ? 0 : 1, is_last_call: isLast ? 1 : 0 }),
  };
  for (const group of all) {
    const coefficients = isLast ? coefficientsOf(optimizer, scalars, group) : optimizer.frozen;
    for (const [name, value] of Object.entries(coefficients)) values[coefficientInput(group, name)] = value;
  }
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      { shape: [], dtype: 'float32' as const, data: Float32Array.of(value) },
    ]),
  );
}

function coefficientsOf(
  optimizer: Optimizer,
  { lr, weightDecay, optimizerSteps, lastLayerFrozen, frozenBy }: StepScalars,
  { isDecayed, lrScale, startsLater }: ParameterGroup,
): Readonly<Record<string, number>> {
  const isFrozen = startsLater && lastLayerFrozen;
  if (isFrozen && frozenBy !== 'rate') return optimizer.frozen;
  return optimizer.coefficients({
    lr: isFrozen ? 0 : lr * lrScale,
    weightDecay: isDecayed ? weightDecay : 0,
    updates: 1 + (startsLater ? optimizerSteps.lastLayer : optimizerSteps.main),
  });
}
