/** The time line of the one run that is shown: its checkpoints, and how good the network was at each. A click looks into it. */
import * as l10n from '@vscode/l10n';
import { formatMetric } from '../../src/metrics/metricSpec.js';
import type { ShownRun } from '../../src/protocol/curves.js';
import { TimeLine } from '../shared/timeLine.js';
import { readAt } from './columns.js';
import type { Shown } from './shown.js';

export interface TrainingEvents {
  /** A step is pointed at, or none any more. */
  onPoint(run: ShownRun, step: number | undefined): void;
  onOpen(dir: string, step: number): void;
}

export class Training {
  readonly #line: TimeLine;
  #place: number | undefined;

  constructor(
    private readonly shown: Shown,
    events: TrainingEvents,
  ) {
    const at = (place: number | undefined) => {
      const [run] = shown.runs;
      if (run) events.onPoint(run, place === undefined ? undefined : this.#steps[place]);
    };
    this.#line = new TimeLine({
      label: l10n.t('Checkpoints'),
      onChoose: (place) => {
        this.#place = place;
        at(place);
      },
      onOpen: (place) => {
        const [run, step] = [shown.runs[0], this.#steps[place]];
        if (run && step !== undefined) events.onOpen(run.dir, step);
      },
      onPoint: at,
    });
  }

  get element(): HTMLElement {
    return this.#line.element;
  }

  show(): void {
    const [run] = this.shown.runs;
    const steps = this.#steps;
    this.element.hidden = this.shown.isCompared || steps.length === 0;
    if (run === undefined) return;
    const stops = steps.map((step) => ({ step, note: this.#note(run, step) }));
    const place = this.#place !== undefined && this.#place < steps.length ? this.#place : undefined;
    this.#line.show({ stops, place, isLive: false });
  }

  get #steps(): readonly number[] {
    return this.shown.checkpoints[this.shown.runs[0]?.dir ?? ''] ?? [];
  }

  /** What was evaluated near a checkpoint, the first that there is. */
  #note(run: ShownRun, step: number): string | undefined {
    const columns = this.shown.columns.get(run.dir);
    for (const metric of run.metrics.filter(({ group }) => group === 'evaluation')) {
      const value = readAt(columns?.points(metric.name, 'step', run) ?? [], step);
      if (value !== undefined) return `${metric.title} ${formatMetric(metric, value)} ${metric.unit}`;
    }
    return undefined;
  }
}
