/** The chart of one metric: a line a run, the cursor and the part of the x axis that all charts share. */
import {
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  type Scale,
} from 'chart.js';
import zoomPlugin from 'chartjs-plugin-zoom';
import type { Theme } from '../shared/theme.js';
import type { Point } from './columns.js';
import { drawMarkers } from './drawMarkers.js';
import { type Marker, markerAt } from './markers.js';
import { type ChartLook, scales } from './scales.js';
import type { RunLook } from './series.js';
import { smooth } from './smooth.js';
import type { DrawnAxis, DrawnChart } from './svg.js';
import type { View } from './view.js';

Chart.register(LinearScale, LogarithmicScale, LineController, LineElement, PointElement, zoomPlugin);

export interface Line {
  readonly points: Point[];
  readonly color: string;
  readonly look: RunLook;
}

export interface ChartEvents {
  /** The place on the x axis under the pointer, and its height in pixels from the top; undefined when it leaves. */
  onCursor(x: number | undefined, top: number, marker?: Marker): void;
  /** A marker was clicked. */
  onOpen(marker: Marker): void;
  /** The pointer chose another part of the x axis. */
  onView(view: View): void;
}

export class SeriesChart {
  readonly #chart: Chart<'line', Point[]>;
  #cursor: number | undefined;
  #theme: Theme | undefined;
  #markers: readonly Marker[] = [];

  constructor(
    canvas: HTMLCanvasElement,
    private readonly events: ChartEvents,
  ) {
    this.#chart = new Chart<'line', Point[]>(canvas, this.#configuration());
    canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => {
      const { left, right } = this.#chart.chartArea;
      const x = this.#chart.scales['x']?.getValueForPixel(offsetX);
      const marker = this.#markerAt(offsetX, offsetY);
      canvas.classList.toggle('onMarker', marker?.kind === 'checkpoint');
      events.onCursor(offsetX < left || offsetX > right ? undefined : x, offsetY, marker);
    });
    canvas.addEventListener('pointerleave', () => events.onCursor(undefined, 0));
    canvas.addEventListener('click', ({ offsetX, offsetY }) => {
      const marker = this.#markerAt(offsetX, offsetY);
      if (marker?.kind === 'checkpoint') events.onOpen(marker);
    });
  }

  destroy(): void {
    this.#chart.destroy();
  }

  draw(lines: readonly Line[], look: ChartLook, markers: readonly Marker[]): void {
    this.#theme = look.theme;
    this.#markers = markers;
    this.#chart.data.datasets = lines.flatMap((line) => datasetsOf(line, look));
    this.#chart.options.scales = scales(look);
    const { zoom } = this.#chart.options.plugins ?? {};
    if (zoom) zoom.limits = { x: { min: 0, max: look.end } };
    this.#chart.update('none');
  }

  showCursor(x: number | undefined): void {
    if (x === this.#cursor) return;
    this.#cursor = x;
    this.#chart.draw();
  }

  /** Pixels from the left at which a place on the x axis is drawn. */
  pixelOf(x: number): number {
    return this.#chart.scales['x']?.getPixelForValue(x) ?? 0;
  }

  /** What stands on the canvas, as lines and words. */
  drawn(): DrawnChart {
    const { chartArea: area, width, height, scales: made, data } = this.#chart;
    const [x, y] = [made['x'], made['y']];
    const line = ({ data: points, borderColor, borderWidth, borderDash }: ChartDataset<'line', Point[]>) => ({
      points: points.map((point) => [x?.getPixelForValue(point.x) ?? 0, y?.getPixelForValue(point.y) ?? 0] as const),
      color: typeof borderColor === 'string' ? borderColor : '',
      width: typeof borderWidth === 'number' ? borderWidth : 1,
      dash: Array.isArray(borderDash) ? borderDash.filter((part) => part !== undefined) : [],
    });
    return {
      width,
      height,
      area,
      x: axisOf(x),
      y: axisOf(y),
      // What is drawn last lies on top.
      lines: [...data.datasets].sort((a, b) => (b.order ?? 0) - (a.order ?? 0)).map(line),
    };
  }

  #configuration(): ChartConfiguration<'line', Point[]> {
    const tell = () => {
      const scale = this.#chart.scales['x'];
      if (scale) this.events.onView({ from: scale.min, to: scale.max });
    };
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
        plugins: {
          zoom: {
            zoom: {
              mode: 'x',
              drag: { enabled: true, threshold: 8, backgroundColor: '#80808040' },
              // Without a key the wheel scrolls the page.
              wheel: { enabled: true, modifierKey: 'ctrl' },
              pinch: { enabled: true },
              onZoom: tell,
            },
            pan: { enabled: true, mode: 'x', modifierKey: 'shift', onPan: tell },
          },
        },
      },
      plugins: [{ id: 'cursor', afterDatasetsDraw: ({ ctx }) => this.#drawOver(ctx) }],
    };
  }

  #drawOver(context: CanvasRenderingContext2D): void {
    if (this.#theme) drawMarkers(context, this.#markers, this.#theme, this.#chart.chartArea, (x) => this.pixelOf(x));
    this.#drawCursor(context);
  }

  #markerAt(x: number, y: number): Marker | undefined {
    return markerAt(this.#markers, { x, y }, this.#chart.chartArea, (place) => this.pixelOf(place));
  }

  #drawCursor(context: CanvasRenderingContext2D): void {
    const x = this.#cursor === undefined ? undefined : this.#chart.scales['x']?.getPixelForValue(this.#cursor);
    const { left, right, top, bottom } = this.#chart.chartArea;
    if (x === undefined || x < left || x > right) return;
    context.save();
    context.strokeStyle = this.#theme?.foreground ?? '';
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    context.stroke();
    context.restore();
  }
}

function axisOf(scale: Scale | undefined): DrawnAxis {
  if (scale === undefined) return { title: '', ticks: [] };
  const { title } = scale.options as { readonly title?: { readonly text?: string } };
  return {
    title: title?.text ?? '',
    ticks: scale.ticks.map(({ value, label }) => ({
      at: scale.getPixelForValue(value),
      label: Array.isArray(label) ? label.join(' ') : `${label ?? ''}`,
    })),
  };
}

/** A run's line, and where it is smoothed what was measured behind it. */
function datasetsOf(
  { points, color, look: runLook }: Line,
  { isLogarithmic, smoothing, metric }: ChartLook,
): ChartDataset<'line', Point[]>[] {
  // A logarithm has no place for 0.
  const drawn = isLogarithmic ? points.filter(({ y }) => y > 0) : points;
  if (smoothing === 0 || metric.isExact) return [dataset(drawn, color, runLook)];
  const values = smooth(
    drawn.map(({ y }) => y),
    smoothing,
  );
  const smoothed = drawn.map((point, i) => ({ x: point.x, y: values[i] ?? point.y }));
  const raw = { ...dataset(drawn, `${color}38`, { ...runLook, dash: [] }), borderWidth: 1, pointRadius: 0, order: 1 };
  return [dataset(smoothed, color, runLook), raw];
}

function dataset(points: Point[], color: string, { dash, marker }: RunLook): ChartDataset<'line', Point[]> {
  const last = points.length - 1;
  return {
    data: points,
    borderColor: color,
    backgroundColor: color,
    borderWidth: 2,
    borderDash: dash,
    pointStyle: marker,
    // The newest point alone; a single one would not be seen as a line.
    pointRadius: points.map((_, i) => (i === last ? 3 : 0)),
    order: 0,
  };
}
