/** What a metric is: everything that files, tables, curves and pages know of one. */

/**
 * When it is measured: after every step, with a probe of the teacher's features, or by an evaluation of a checkpoint. A line of
 * metrics.jsonl holds what was measured on one occasion.
 */
export type Occasion = 'step' | 'probe' | 'evaluation';

/** What it tells of. Metrics of all owners are listed in this order. */
export const METRIC_GROUPS = ['loss', 'network', 'schedule', 'speed', 'probe', 'evaluation'] as const;
type MetricGroup = (typeof METRIC_GROUPS)[number];

/** Digits after the decimal point, or a power of ten for values that span many. */
type NumberFormat = number | 'exponential';

export interface MetricSpec {
  /** Its key in metrics.jsonl and its column in every CSV; an output of the step has the same name in the program. */
  readonly name: string;
  /** As people read it. */
  readonly title: string;
  /** Its unit, or what the number refers to, in a few words. */
  readonly unit: string;
  readonly format: NumberFormat;
  /** What it is, in one sentence, with its range. */
  readonly meaning: string;
  readonly occasion: Occasion;
  readonly group: MetricGroup;
  /** Whether every line that has it is one of its occasion; a line without any such metric is passed over. */
  readonly identifies?: true;
  /** Whether lines of its occasion may be without it. */
  readonly isOptional?: true;
  /**
   * Set where the training step's program computes it. A step may take several calls: then it is their `mean`, or what the
   * `last` call gives, which has gathered the others'.
   */
  readonly ofCalls?: 'mean' | 'last';
  /**
   * Drawn over the steps and offered as a column where runs are compared: `shown` at once, or `offered` for a person to
   * choose. Absent: never.
   */
  readonly curve?: 'shown' | 'offered';
  /** Its newest value is a result of a run: in the saved table of runs, and where runs are compared if it is `shown` there. */
  readonly result?: 'shown' | 'offered';
  /** Whether a lower value is the better one. */
  readonly lowIsGood?: true;
  /** Whether there is no noise in it that a curve would smooth away. */
  readonly isExact?: true;
}

/** A value as people read it. */
export function formatMetric({ format }: Pick<MetricSpec, 'format'>, value: number): string {
  if (format !== 'exponential') return value.toFixed(format);
  return value === 0 ? '0' : value.toExponential(2);
}
