/** The chart of a run: loss and its parts on the left axis, learning rate on the right one. */
import {
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  Decimation,
  LinearScale,
  LineController,
  LineElement,
  type Point,
  PointElement,
  Tooltip,
} from 'chart.js';
import type { Theme } from '../shared/theme.js';
import { smooth } from './smooth.js';

Chart.register(Decimation, LinearScale, LineController, LineElement, PointElement, Tooltip);

export const SERIES = ['loss', 'teacher_entropy', 'kl', 'lr'] as const;
export type SeriesName = (typeof SERIES)[number];

export const SERIES_LABELS: Readonly<Record<SeriesName, string>> = {
  loss: 'Loss',
  teacher_entropy: 'Teacher entropy',
  kl: 'KL (teacher to student)',
  lr: 'Learning rate',
};

/** Told apart without colours, too. */
export const DASHES: Readonly<Record<SeriesName, number[]>> = {
  loss: [],
  teacher_entropy: [7, 3],
  kl: [2, 3],
  lr: [10, 3, 2, 3],
};

/** One value a step, in columns. */
export type Columns = Readonly<Record<'step' | SeriesName, number[]>>;

export interface ChartLook {
  readonly shown: ReadonlySet<SeriesName>;
  /** Weight of the past, 0 to below 1. */
  readonly smoothing: number;
  readonly theme: Theme;
  /** For epochs in the tooltip; 0 while unknown. */
  readonly stepsPerEpoch: number;
}

export class LossChart {
  readonly #chart: Chart<'line', Point[]>;
  #stepsPerEpoch = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#chart = new Chart<'line', Point[]>(canvas, this.#configuration());
  }

  draw(columns: Columns, { shown, smoothing, theme, stepsPerEpoch }: ChartLook): void {
    this.#stepsPerEpoch = stepsPerEpoch;
    this.#chart.data.datasets = SERIES.filter((name) => shown.has(name)).flatMap((name) => {
      const colour = theme.series[SERIES.indexOf(name)] ?? theme.foreground;
      const line = lineOf(name, columns.step, smoothed(columns[name], name, smoothing), colour);
      // What was measured stays readable behind what was smoothed.
      const raw: ChartDataset<'line', Point[]> = {
        ...lineOf(name, columns.step, columns[name], `${colour}55`),
        label: '',
        borderWidth: 1,
        borderDash: [],
        order: 1,
      };
      return smoothing > 0 && name !== 'lr' ? [line, raw] : [line];
    });
    this.#dress(theme, shown);
    this.#chart.update('none');
  }

  #dress(theme: Theme, shown: ReadonlySet<SeriesName>): void {
    const { scales, plugins } = this.#chart.options;
    for (const [name, scale] of Object.entries(scales ?? {})) {
      if (!scale) continue;
      scale.ticks = { ...scale.ticks, color: theme.muted };
      scale.grid = { ...scale.grid, color: theme.grid, drawOnChartArea: name !== 'lr' };
      scale.border = { color: theme.muted };
      if ('title' in scale && scale.title) scale.title.color = theme.muted;
    }
    const right = scales?.['lr'];
    if (right) right.display = shown.has('lr');
    if (plugins?.tooltip) {
      plugins.tooltip.backgroundColor = theme.background;
      plugins.tooltip.borderColor = theme.isHighContrast ? theme.foreground : theme.muted;
      plugins.tooltip.titleColor = theme.foreground;
      plugins.tooltip.bodyColor = theme.foreground;
    }
    Chart.defaults.font.family = theme.font;
  }

  #configuration(): ChartConfiguration<'line', Point[]> {
    return {
      type: 'line',
      data: { datasets: [] },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        parsing: false,
        normalized: true,
        interaction: { mode: 'index', axis: 'x', intersect: false },
        scales: {
          x: {
            type: 'linear',
            title: { display: true, text: 'Step' },
            ticks: { precision: 0, includeBounds: false },
            bounds: 'data',
          },
          y: { type: 'linear', title: { display: true, text: 'Nats' } },
          lr: {
            type: 'linear',
            position: 'right',
            title: { display: true, text: 'Learning rate' },
            ticks: { callback: (value) => Number(value).toExponential(1) },
          },
        },
        plugins: {
          decimation: { enabled: true, algorithm: 'lttb', samples: 1000, threshold: 2000 },
          tooltip: {
            filter: ({ dataset }) => dataset.label !== '',
            borderWidth: 1,
            padding: 10,
            boxPadding: 6,
            usePointStyle: true,
            callbacks: {
              title: ([item]) => this.#titleAt(item?.parsed.x ?? 0),
              label: ({ dataset, parsed }) =>
                `${dataset.label}: ${dataset.yAxisID === 'lr' ? (parsed.y ?? 0).toExponential(2) : (parsed.y ?? 0).toFixed(4)}`,
            },
          },
        },
      },
    };
  }

  #titleAt(step: number): string {
    const epoch = this.#stepsPerEpoch > 0 ? `, epoch ${(step / this.#stepsPerEpoch).toFixed(2)}` : '';
    return `Step ${step}${epoch}`;
  }
}

/** A schedule has no noise to smooth away. */
const smoothed = (values: number[], name: SeriesName, smoothing: number): number[] =>
  smoothing > 0 && name !== 'lr' ? smooth(values, smoothing) : values;

function lineOf(name: SeriesName, steps: number[], values: number[], colour: string): ChartDataset<'line', Point[]> {
  return {
    label: SERIES_LABELS[name],
    yAxisID: name === 'lr' ? 'lr' : 'y',
    // Older runs lack what newer versions measure.
    data: steps.flatMap((x, i) => {
      const y = values[i] ?? Number.NaN;
      return Number.isFinite(y) ? [{ x, y }] : [];
    }),
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: 2,
    borderDash: DASHES[name],
    pointRadius: 0,
    pointHitRadius: 8,
    order: 0,
  };
}
