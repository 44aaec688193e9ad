/** Every metric there is. No other file lists their names: files, tables, curves and pages derive theirs from a catalogue. */
import { COMMON_METRICS } from './common.js';
import { EVALUATION_METRICS } from './evaluations.js';
import { METRIC_GROUPS, type MetricSpec, type Occasion } from './metricSpec.js';
import { SELF_DISTILLATION_METRICS } from './selfDistillation.js';

/**
 * The common metrics, those of evaluations and those that a method brings, by group and in their own order within one.
 * @throws Error naming a metric that there are two of
 */
export function catalogueOf<Of extends MetricSpec>(
  methodMetrics: readonly Of[],
): readonly (Of | (typeof COMMON_METRICS)[number] | (typeof EVALUATION_METRICS)[number])[] {
  const all = [...COMMON_METRICS, ...EVALUATION_METRICS, ...methodMetrics];
  const twice = all.find(({ name }, at) => all.findIndex((one) => one.name === name) !== at);
  if (twice !== undefined) throw new Error(`There are two metrics ${twice.name}: give one of them another name.`);
  return METRIC_GROUPS.flatMap((group) => all.filter((one) => one.group === group));
}

/** What DINO's runs measure. */
export const METRICS = catalogueOf(SELF_DISTILLATION_METRICS);

type Metric = (typeof METRICS)[number];
/** Names of what is measured on an occasion, and of those that may be absent. */
export type MetricName<On extends Occasion = Occasion> = Extract<Metric, { readonly occasion: On }>['name'];
export type OptionalMetricName = Extract<Metric, { readonly isOptional: true }>['name'];
export type EvaluationMetricName = MetricName<'evaluation'>;
/** What the program of a training step computes. */
export type StepOutput = Extract<Metric, { readonly ofCalls: 'mean' | 'last' }>;
export type StepOutputName = StepOutput['name'];
export const STEP_OUTPUTS = METRICS.filter((one): one is StepOutput => 'ofCalls' in one);

/** Those that are drawn, in the catalogue's order. */
export const curvesOf = (catalogue: readonly MetricSpec[]): MetricSpec[] =>
  catalogue.filter(({ curve }) => curve !== undefined);

/** Those whose newest value is a result of a run, in the catalogue's order. */
export const resultsOf = <Of extends MetricSpec>(catalogue: readonly Of[]): Of[] =>
  catalogue.filter(({ result }) => result !== undefined);
