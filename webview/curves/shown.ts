/** What is shown: the runs, their curves, and which of them are drawn. */
import type { Points, ShownMetric, ShownRun } from '../../src/protocol/curves.js';
import type { Theme } from '../shared/theme.js';
import { type Point, RunColumns } from './columns.js';
import { drawnOf, type NamedColor, offeredBy } from './series.js';
import { state } from './state.js';

/** A run's curve of one metric. */
export interface RunCurve {
  readonly run: ShownRun;
  readonly points: Point[];
}

export class Shown {
  runs: readonly ShownRun[] = [];
  /** Steps of each run's checkpoints, ascending, by its folder. */
  checkpoints: Readonly<Record<string, readonly number[]>> = {};
  readonly columns = new Map<string, RunColumns>();

  get isCompared(): boolean {
    return this.runs.length > 1;
  }

  /** Whether no run has made a step. */
  get isEmpty(): boolean {
    return [...this.columns.values()].every((one) => one.isEmpty);
  }

  /** The metrics that are drawn, in their order. */
  get metrics(): ShownMetric[] {
    return drawnOf(offeredBy(this.runs), state.value.shown);
  }

  get drawnRuns(): ShownRun[] {
    return this.runs.filter(({ dir }) => !state.value.hidden.includes(dir));
  }

  /** @returns whether a run that was shown is shown no more */
  show(runs: readonly ShownRun[]): boolean {
    this.runs = runs;
    const gone = [...this.columns.keys()].filter((dir) => !runs.some((run) => run.dir === dir));
    for (const dir of gone) this.columns.delete(dir);
    return gone.length > 0;
  }

  add(points: Points): void {
    const of = this.columns.get(points.dir) ?? new RunColumns();
    this.columns.set(points.dir, of);
    of.apply(points);
  }

  /** One a run that is drawn and has made a step, in the runs' order. */
  curvesOf(metric: string): RunCurve[] {
    return this.drawnRuns.flatMap((run) => {
      const points = this.columns.get(run.dir)?.points(metric, state.value.axis, run);
      return points === undefined ? [] : [{ run, points }];
    });
  }

  /** The runs that are drawn, by name. */
  legend(theme: Theme): NamedColor[] {
    return this.drawnRuns.map((run) => ({ name: run.name, look: run.look, color: colorOf(run, theme) }));
  }
}

export const colorOf = ({ look }: Pick<ShownRun, 'look'>, { series, foreground }: Theme): string =>
  series[look] ?? foreground;
