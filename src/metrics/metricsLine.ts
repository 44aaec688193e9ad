/** What was measured on one occasion, as a line of metrics.jsonl holds it. */
import { z } from 'zod';
import {
  type CommonMetric,
  type EvaluationMetric,
  METRICS,
  type MetricName,
  type OptionalMetricName,
} from './catalogue.js';
import { DINOV2_METRICS } from './dinov2.js';
import type { FINE_TUNING_METRICS } from './fineTuning.js';
import type { MetricSpec, Occasion } from './metricSpec.js';
import { SELF_DISTILLATION_METRICS } from './selfDistillation.js';

/** Where in a run it was measured; in every line. */
interface Place {
  /** The number of optimizer steps made: from 1 after a step, 0 for the untrained network. */
  readonly step: number;
  /** The epoch that the step belongs to, from 0. */
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

type ValuesOf<Of extends MetricSpec, On extends Occasion> = {
  readonly [Name in Exclude<MetricName<Of, On>, OptionalMetricName<Of>>]: number;
} & { readonly [Name in Extract<MetricName<Of, On>, OptionalMetricName<Of>>]?: number };

/** What is measured after every step, whatever the method, which adds metrics of its own. */
export type StepMetrics = Place & ValuesOf<CommonMetric, 'step'>;
/** A step of self-distillation with a teacher that is a moving average, as DINO's. */
export type SelfDistillationStep = StepMetrics & ValuesOf<(typeof SELF_DISTILLATION_METRICS)[number], 'step'>;
/** A step of DINOv2. */
export type Dinov2Step = StepMetrics & ValuesOf<(typeof DINOV2_METRICS)[number], 'step'>;
/** How the teacher's features of a small, fixed sample of the training images stand after a step. */
export type ProbeMetrics = Place & ValuesOf<CommonMetric, 'probe'>;
/** What an evaluation in training says of the network after a step. */
export type EvaluationMetrics = Place & ValuesOf<EvaluationMetric, 'evaluation'>;
/** What a fine-tuned network makes of images that it does not learn from. */
export type TestMetrics = Place & ValuesOf<(typeof FINE_TUNING_METRICS)[number], 'evaluation'>;
export type MetricsLine = StepMetrics | ProbeMetrics | EvaluationMetrics | TestMetrics;

const identifyingNames = (catalogue: readonly MetricSpec[], occasion?: Occasion): string[] =>
  catalogue.flatMap((one) => (one.identifies && (occasion ?? one.occasion) === one.occasion ? [one.name] : []));

const OF_STEPS = identifyingNames(METRICS, 'step');
const OF_PROBES = identifyingNames(METRICS, 'probe');
export const isStep = (line: MetricsLine): line is StepMetrics => OF_STEPS.some((name) => name in line);
const OF_SELF_DISTILLATION = SELF_DISTILLATION_METRICS.flatMap((one) => ('ofCalls' in one ? [one.name] : []));
export const isSelfDistillation = (step: StepMetrics): step is SelfDistillationStep =>
  OF_SELF_DISTILLATION.every((name) => name in step);
const OF_DINOV2 = DINOV2_METRICS.flatMap((one) => ('ofCalls' in one ? [one.name] : []));
export const isDinov2 = (step: StepMetrics): step is Dinov2Step => OF_DINOV2.every((name) => name in step);
export const isProbe = (line: MetricsLine): line is ProbeMetrics => OF_PROBES.some((name) => name in line);

// A reader asks for no more than it needs, so that a run of an earlier version is still readable.
// JSON has null for a number that was not finite.
const number = z.number().nullish();

/** What a line must be to count: numbers where the catalogue has metrics, at least one of them one that tells its occasion. */
function lineSchema(catalogue: readonly MetricSpec[]) {
  const identifying = identifyingNames(catalogue);
  return z
    .looseObject({
      ...Object.fromEntries(catalogue.map(({ name }) => [name, number])),
      step: z.int().min(0),
      epoch: z.number(),
      time: number,
    })
    .refine((line: Readonly<Record<string, unknown>>) => identifying.some((name) => typeof line[name] === 'number'));
}

/** Reads lines of a file; those that are torn, damaged or no measurement are left out. */
export function linesReader(catalogue: readonly MetricSpec[]): (text: string) => MetricsLine[] {
  const schema = lineSchema(catalogue);
  return (text) =>
    text.split('\n').flatMap((line) => {
      if (line.trim() === '') return [];
      try {
        const value: unknown = JSON.parse(line);
        return schema.safeParse(value).success ? [value as MetricsLine] : [];
      } catch {
        return []; // A line torn by a kill or a full disk: the lines around it still count.
      }
    });
}

export const readLines = linesReader(METRICS);
