/** The curves of one run, as they came in, and where their points lie on an axis. */
import type { Points, ShownRun } from '../../src/protocol/curves.js';

export const X_AXES = ['step', 'epoch', 'images', 'time'] as const;
export type XAxis = (typeof X_AXES)[number];

export interface Point {
  readonly x: number;
  readonly y: number;
}

type Columns = Map<string, number[]>;

export class RunColumns {
  readonly #steps: Columns = new Map();

  apply({ curves }: Points): void {
    for (const { from, columns } of curves) {
      for (const [name, buffer] of Object.entries(columns)) {
        const column = this.#steps.get(name) ?? [];
        column.length = Math.min(column.length, from);
        column.push(...new Float64Array(buffer));
        this.#steps.set(name, column);
      }
    }
  }

  get isEmpty(): boolean {
    return (this.#steps.get('step') ?? []).length === 0;
  }

  /** The points of a metric, those left out where nothing was measured or the axis is unknown. */
  points(name: string, axis: XAxis, run: Pick<ShownRun, 'stepsPerEpoch' | 'batchSize'>): Point[] {
    const steps = this.#steps.get('step') ?? [];
    const values = this.#steps.get(name) ?? [];
    const seconds = this.#steps.get('seconds') ?? [];
    return steps.flatMap((step, i) => {
      const x = place(axis, step, seconds[i] ?? Number.NaN, run);
      const y = values[i] ?? Number.NaN;
      return Number.isFinite(x) && Number.isFinite(y) ? [{ x, y }] : [];
    });
  }

  /** Steps at which anything was evaluated, ascending. */
  evaluatedSteps({ metrics, ...run }: Pick<ShownRun, 'metrics' | 'stepsPerEpoch' | 'batchSize'>): number[] {
    const evaluations = metrics.filter(({ group }) => group === 'evaluation');
    const steps = evaluations.flatMap(({ name }) => this.points(name, 'step', run).map(({ x }) => x));
    return [...new Set(steps)].sort((a, b) => a - b);
  }

  /** Where a step lies on an axis; NaN where that is not known. */
  placeOf(step: number, axis: XAxis, run: Pick<ShownRun, 'stepsPerEpoch' | 'batchSize'>): number {
    return place(axis, step, step === 0 ? 0 : this.#secondsAt(step), run);
  }

  /** The step nearest to a place on an axis; undefined before the first. */
  stepAt(x: number, axis: XAxis, run: Pick<ShownRun, 'stepsPerEpoch' | 'batchSize'>): number | undefined {
    const steps = this.#steps.get('step') ?? [];
    const places = steps.map((step) => place(axis, step, this.#secondsAt(step), run));
    return steps[nearest(places, x)];
  }

  #secondsAt(step: number): number {
    const steps = this.#steps.get('step') ?? [];
    return this.#steps.get('seconds')?.[nearest(steps, step)] ?? Number.NaN;
  }
}

function place(
  axis: XAxis,
  step: number,
  seconds: number,
  { stepsPerEpoch, batchSize }: Pick<ShownRun, 'stepsPerEpoch' | 'batchSize'>,
): number {
  switch (axis) {
    case 'step':
      return step;
    case 'epoch':
      return stepsPerEpoch > 0 ? step / stepsPerEpoch : Number.NaN;
    case 'images':
      return batchSize > 0 ? step * batchSize : Number.NaN;
    case 'time':
      return seconds / 60;
  }
}

/** Index of the value nearest to `x` in ascending values; 0 when there are none. */
export function nearest(values: readonly number[], x: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  const before = values[low - 1];
  return before !== undefined && x - before < (values[low] ?? 0) - x ? low - 1 : Math.max(0, low);
}

/** The value at the point nearest to `x`; the last when `x` is undefined. Nothing is read beyond a curve's ends. */
export function readAt(points: readonly Point[], x: number | undefined): number | undefined {
  if (x === undefined) return points.at(-1)?.y;
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const reach = (last.x - first.x) / Math.max(1, points.length - 1);
  if (x < first.x - reach || x > last.x + reach) return undefined;
  return points[
    nearest(
      points.map((point) => point.x),
      x,
    )
  ]?.y;
}
