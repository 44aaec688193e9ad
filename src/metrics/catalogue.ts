/** Every metric there is. No other file lists their names: files, tables, curves and pages derive theirs from a catalogue. */
import { COMMON_METRICS } from './common.js';
import { DINOV2_METRICS } from './dinov2.js';
import { EVALUATION_METRICS } from './evaluations.js';
import { FINE_TUNING_METRICS } from './fineTuning.js';
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

/** What the runs of each method measure besides the common metrics, by the method's name. Methods may share a metric. */
export const METHOD_METRICS = {
  dino: SELF_DISTILLATION_METRICS,
  finetune: FINE_TUNING_METRICS,
  dinov2: DINOV2_METRICS,
} as const satisfies Readonly<Record<string, readonly MetricSpec[]>>;

/** What the runs of a method measure; of one that this version does not know, what all measure. */
export const metricsOf = (method: string): readonly MetricSpec[] =>
  catalogueOf<MetricSpec>(Object.entries(METHOD_METRICS).find(([name]) => name === method)?.[1] ?? []);

/** What is measured in any run. */
export const METRICS: readonly MetricSpec[] = catalogueOf<MetricSpec>([
  ...new Set(Object.values<readonly MetricSpec[]>(METHOD_METRICS).flat()),
]);

/** Names of the metrics among `Of` that are measured on an occasion, and of those of them that may be absent. */
export type MetricName<Of extends MetricSpec, On extends Occasion = Occasion> = Extract<
  Of,
  { readonly occasion: On }
>['name'];
export type OptionalMetricName<Of extends MetricSpec> = Extract<Of, { readonly isOptional: true }>['name'];
/** Among `Of`, what the program of a training step computes. */
export type StepOutput<Of extends MetricSpec = MetricSpec> = Extract<Of, { readonly ofCalls: 'mean' | 'last' }>;

export type CommonMetric = (typeof COMMON_METRICS)[number];
export type EvaluationMetric = (typeof EVALUATION_METRICS)[number];
export type EvaluationMetricName = EvaluationMetric['name'];

/** Those that are drawn, in the catalogue's order. */
export const curvesOf = (catalogue: readonly MetricSpec[]): MetricSpec[] =>
  catalogue.filter(({ curve }) => curve !== undefined);

/** Those whose newest value is a result of a run, in the catalogue's order. */
export const resultsOf = <Of extends MetricSpec>(catalogue: readonly Of[]): Of[] =>
  catalogue.filter(({ result }) => result !== undefined);
