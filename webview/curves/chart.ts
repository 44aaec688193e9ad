/** The chart of one series: a line a run, and a cursor that all charts share. */
import {
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
} from 'chart.js';
import type { Theme } from '../shared/theme.js';
import type { Point, XAxis } from './columns.js';
import type { RunLook, SeriesLook } from './series.js';
import { smooth } from './smooth.js';

Chart.register(LinearScale, LogarithmicScale, LineController, LineElement, PointElement);

export interface Line {
  readonly points: Point[];
  readonly colour: string;
  readonly look: RunLook;
}

export interface ChartLook {
  readonly series: SeriesLook;
  readonly axis: XAxis;
  readonly isLogarithmic: boolean;
  /** Weight of the past, 0 to below 1. */
  readonly smoothing: number;
  readonly theme: Theme;
}

export const AXIS_LABELS: Readonly<Record<XAxis, string>> = {
  step: 'Step',
  epoch: 'Epoch',
  images: 'Images seen',
  time: 'Minutes of training',
};

export class SeriesChart {
  readonly #chart: Chart<'line', Point[]>;
  #cursor: number | undefined;
  #colour = '';

  /** @param onCursor the place on the x axis under the pointer; undefined when it leaves */
  constructor(canvas: HTMLCanvasElement, onCursor: (x: number | undefined) => void) {
    this.#chart = new Chart<'line', Point[]>(canvas, this.#configuration());
    canvas.addEventListener('pointermove', ({ offsetX }) => {
      const { left, right } = this.#chart.chartArea;
      const x = this.#chart.scales['x']?.getValueForPixel(offsetX);
      onCursor(offsetX < left || offsetX > right ? undefined : x);
    });
    canvas.addEventListener('pointerleave', () => onCursor(undefined));
  }

  destroy(): void {
    this.#chart.destroy();
  }

  draw(lines: readonly Line[], look: ChartLook): void {
    const { smoothing, theme, series, isLogarithmic } = look;
    const isSmoothed = smoothing > 0 && series.isExact !== true;
    this.#colour = theme.foreground;
    this.#chart.data.datasets = lines.flatMap(({ points, colour, look: runLook }) => {
      // A logarithm has no place for 0.
      const drawn = isLogarithmic ? points.filter(({ y }) => y > 0) : points;
      if (!isSmoothed) return [dataset(drawn, colour, runLook)];
      const values = smooth(
        drawn.map(({ y }) => y),
        smoothing,
      );
      const smoothed = drawn.map(({ x }, i) => ({ x, y: values[i] ?? 0 }));
      // What was measured stays readable behind what was smoothed.
      const raw = {
        ...dataset(drawn, `${colour}38`, { ...runLook, dash: [] }),
        borderWidth: 1,
        pointRadius: 0,
        order: 1,
      };
      return [dataset(smoothed, colour, runLook), raw];
    });
    const end = Math.max(0, ...lines.map(({ points }) => points.at(-1)?.x ?? 0));
    this.#chart.options.scales = scales(look, end);
    this.#chart.update('none');
  }

  showCursor(x: number | undefined): void {
    if (x === this.#cursor) return;
    this.#cursor = x;
    this.#chart.draw();
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
        events: [],
      },
      plugins: [{ id: 'cursor', afterDatasetsDraw: ({ ctx }) => this.#drawCursor(ctx) }],
    };
  }

  #drawCursor(context: CanvasRenderingContext2D): void {
    const x = this.#cursor === undefined ? undefined : this.#chart.scales['x']?.getPixelForValue(this.#cursor);
    const { left, right, top, bottom } = this.#chart.chartArea;
    if (x === undefined || x < left || x > right) return;
    context.save();
    context.strokeStyle = this.#colour;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    context.stroke();
    context.restore();
  }
}

function dataset(points: Point[], colour: string, { dash, marker }: RunLook): ChartDataset<'line', Point[]> {
  const last = points.length - 1;
  return {
    data: points,
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: 2,
    borderDash: dash,
    pointStyle: marker,
    // The newest point alone; a single one would not be seen as a line.
    pointRadius: points.map((_, i) => (i === last ? 4 : 0)),
    order: 0,
  };
}

function scales({ series, axis, isLogarithmic, theme }: ChartLook, end: number) {
  const common = { grid: { color: theme.grid }, border: { color: theme.muted } };
  const ticks = { color: theme.muted, font: { family: theme.font } };
  const title = (text: string) => ({ display: true, text, color: theme.muted, font: { family: theme.font } });
  return {
    x: {
      ...common,
      type: 'linear' as const,
      // Round numbers alone are labelled; the ends need not be.
      min: 0,
      ...(end > 0 && { max: end }),
      ticks: { ...ticks, includeBounds: false, maxRotation: 0, maxTicksLimit: 7 },
      title: title(AXIS_LABELS[axis]),
    },
    y: {
      ...common,
      type: isLogarithmic ? ('logarithmic' as const) : ('linear' as const),
      ticks: {
        ...ticks,
        maxTicksLimit: 7,
        callback: (value: number | string) => tickText(Number(value)),
      },
      title: title(series.unit),
    },
  };
}

const tickText = (value: number): string =>
  value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)
    ? value.toExponential(1)
    : `${Number(value.toPrecision(5))}`;
