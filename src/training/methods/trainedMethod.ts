/** What a training needs of a method, from the settings of a run. */
import type { Views } from '../../data/batch.js';
import type { Method } from '../../method/method.js';
import type { StepScalars } from '../../method/stepInputs.js';
import type { MetricName, StepOutput } from '../../metrics/catalogue.js';
import type { MetricSpec } from '../../metrics/metricSpec.js';
import type { Settings } from '../../settings/settings.js';

/** What a method plans for a step. @typeParam Of the metrics of the method */
export interface MethodPlan<Of extends MetricSpec = MetricSpec>
  extends Pick<StepScalars, 'ofMethod' | 'teacherMomentum'> {
  /** Those of its metrics of every step that the step's program does not compute. */
  readonly metrics: Readonly<Record<MetricName<Exclude<Of, StepOutput<Of>>, 'step'>, number>>;
}

export interface MethodSchedule<Of extends MetricSpec = MetricSpec> {
  /** Steps at the start in which the last layer stays as it is. */
  readonly frozenSteps: number;
  /** How it is kept; see `StepScalars`. */
  readonly frozenBy?: 'rate';
  /** Of the step after `step` steps, which belongs to `epoch`. */
  plan(step: number, epoch: number): MethodPlan<Of>;
}

/** @typeParam Of the metrics that it brings */
export interface TrainedMethod<Of extends MetricSpec = MetricSpec> {
  /** What its runs measure besides the common metrics. The step's program computes those that have `ofCalls`, the schedule plans the rest. */
  readonly metrics: readonly Of[];
  /** Its networks, targets, loss and memory. */
  method(settings: Settings): Method;
  /** The role whose features are looked at while it is trained. */
  readonly evaluated: string;
  /** Whether its loss depends on which images are computed together, so that a batch in parts gives another result. */
  readonly comparesImages: boolean;
  /** What changes from step to step by plan, besides the learning rate and the weight decay. */
  schedule(settings: Settings, iterationsPerEpoch: number): MethodSchedule<Of>;
  /**
   * The method's inputs of a whole batch, from the views that the kind of data gives, without its scalars: [groups, batch, ...] in row-major order by name, with as many
   * groups as the method says. They are cut where a step is made of several calls.
   */
  inputs(settings: Settings, step: number, views: Views): Readonly<Record<string, Float32Array>>;
}
