/** What a training needs of a method, from the settings of a run. */
import type { Views } from '../../data/batch.js';
import type { Method } from '../../method/method.js';
import type { StepScalars } from '../../method/stepInputs.js';
import type { StepOutputName } from '../../metrics/catalogue.js';
import type { Place, StepMetrics } from '../../metrics/metricsLine.js';
import type { Settings } from '../../settings/settings.js';

/** What the loop itself knows of a step, whatever the method. */
type OfLoop = keyof Place | StepOutputName | 'lr' | 'weight_decay' | 'images_per_s' | 'data_wait_ms';

/** What a method plans for a step. */
export interface MethodPlan extends Pick<StepScalars, 'ofMethod' | 'teacherMomentum'> {
  /** All else that the catalogue has of every step. */
  readonly metrics: Omit<StepMetrics, OfLoop>;
}

interface MethodSchedule {
  /** Steps at the start in which the last layer gets no update. */
  readonly frozenSteps: number;
  /** Of the step after `step` steps, which belongs to `epoch`. */
  plan(step: number, epoch: number): MethodPlan;
}

export interface TrainedMethod {
  /** Its networks, targets, loss and memory. */
  method(settings: Settings): Method;
  /** The role whose features are looked at while it is trained. */
  readonly evaluated: string;
  /** What changes from step to step by plan, besides the learning rate and the weight decay. */
  schedule(settings: Settings, iterationsPerEpoch: number): MethodSchedule;
  /**
   * The method's inputs of a whole batch, from the views that the kind of data gives, without its scalars: [groups, batch, ...] in row-major order by name, with as many
   * groups as the method says. They are cut where a step is made of several calls.
   */
  inputs(settings: Settings, step: number, views: Views): Readonly<Record<string, Float32Array>>;
}
