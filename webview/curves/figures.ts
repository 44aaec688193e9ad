/** The small multiples: one chart a metric, in a grid that fills its room, with one cursor and one part of the x axis for all. */
import type { ShownMetric } from '../../src/protocol/curves.js';
import { element } from '../shared/element.js';
import { readTheme } from '../shared/theme.js';
import { Figure, type FigureEvents } from './figure.js';
import { columnsFor } from './gridShape.js';
import type { Marker } from './markers.js';
import { Reading } from './reading.js';
import { colorOf, type RunCurve, type Shown } from './shown.js';
import { state } from './state.js';
import { panned, type View, within, zoomed } from './view.js';

/** Between two charts, as the style sheet has it. */
const GAP = 12;

export interface FiguresEvents {
  /** Another part of the x axis is wanted. */
  onView(view: View | undefined): void;
  /** The cursor has moved. */
  onRead(): void;
  onOpen(dir: string, step: number): void;
}

export class Figures {
  readonly element = element('div', { class: 'grid' });
  readonly reading = new Reading(() => this.#extent());
  readonly #figures = new Map<string, Figure>();
  /** What is drawn, in its order, and the curves of it. */
  #drawn: readonly ShownMetric[] = [];
  #curves = new Map<string, readonly RunCurve[]>();
  #columns = 1;

  constructor(
    private readonly shown: Shown,
    private readonly events: FiguresEvents,
  ) {
    new ResizeObserver(() => this.#fit()).observe(this.element);
  }

  /** Where the x axis ends. */
  get end(): number {
    return this.#extent()[1];
  }

  /** What is shown of the x axis; undefined: all of it. A run that began anew may have become shorter than what was looked at. */
  get view(): View | undefined {
    const { view } = state.value;
    return view && within(view, this.end);
  }

  /** Those that are drawn, in their order, and how many stand side by side. */
  get all(): { readonly figures: readonly Figure[]; readonly columns: number } {
    const figures = this.#drawn.flatMap(({ name }) => this.#figures.get(name) ?? []);
    return { figures, columns: this.#columns };
  }

  draw(): void {
    this.#drawn = this.shown.metrics;
    this.#curves = new Map(this.#drawn.map(({ name }) => [name, this.shown.curvesOf(name)]));
    this.#removeOthers();
    const { axis, smoothing, isLogarithmic } = state.value;
    const common = { axis, smoothing, isLogarithmic, view: this.view, end: this.end, theme: readTheme() };
    const markers = this.#markers();
    for (const [at, metric] of this.#drawn.entries()) {
      const figure = this.#figureOf(metric);
      // A chart that is put in its place again would lose its size for a moment.
      const place = this.element.children[at];
      if (place !== figure.element) this.element.insertBefore(figure.element, place ?? null);
      figure.draw(this.#curves.get(metric.name) ?? [], { ...common, metric }, markers);
    }
    this.#fit();
    this.read();
  }

  /** What every run has at the cursor, in every chart. */
  read(): void {
    const theme = readTheme();
    for (const { name } of this.#drawn) this.#figures.get(name)?.read(this.reading.x, theme);
    this.events.onRead();
  }

  zoom(factor: number): void {
    this.events.onView(zoomed(state.value.view, this.end, factor));
  }

  #figureOf(metric: ShownMetric): Figure {
    const figure = this.#figures.get(metric.name) ?? new Figure(metric, this.#figureEvents);
    this.#figures.set(metric.name, figure);
    return figure;
  }

  readonly #figureEvents: FigureEvents = {
    onPoint: (x) => {
      this.reading.pointed = x;
      this.read();
    },
    onView: (view) => this.events.onView(within(view, this.end)),
    onReset: () => this.events.onView(undefined),
    onKey: (event) => this.#onKey(event),
    onOpen: ({ dir, step }) => this.events.onOpen(dir, step),
  };

  /** Arrows move, plus and minus zoom, 0 shows all. */
  #onKey(event: KeyboardEvent): void {
    const { view } = state.value;
    const moved: Readonly<Record<string, () => View | undefined>> = {
      ArrowLeft: () => panned(view, this.end, -0.2),
      ArrowRight: () => panned(view, this.end, 0.2),
      '+': () => zoomed(view, this.end, 1.5),
      '=': () => zoomed(view, this.end, 1.5),
      '-': () => zoomed(view, this.end, 1 / 1.5),
      '0': () => undefined,
    };
    const move = moved[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.events.onView(move());
  }

  #removeOthers(): void {
    for (const [name, figure] of this.#figures) {
      if (this.#drawn.some((metric) => metric.name === name)) continue;
      figure.chart.destroy();
      figure.element.remove();
      this.#figures.delete(name);
    }
  }

  /** The whole of the x axis that is drawn. */
  #extent(): readonly [number, number] {
    const curves = [...this.#curves.values()].flat();
    const ends = curves.flatMap(({ points }) => [points[0]?.x, points.at(-1)?.x]);
    const known = ends.filter((x) => x !== undefined);
    return known.length === 0 ? [0, 0] : [Math.min(...known), Math.max(...known)];
  }

  /** Of all runs that are drawn. */
  #markers(): Marker[] {
    const theme = readTheme();
    const { axis } = state.value;
    return this.shown.drawnRuns.flatMap((run) => {
      const columns = this.shown.columns.get(run.dir);
      if (columns === undefined) return [];
      const at = (kind: Marker['kind']) => (step: number) => {
        const x = columns.placeOf(step, axis, run);
        return Number.isFinite(x) ? [{ kind, x, step, dir: run.dir, color: colorOf(run, theme) }] : [];
      };
      const checkpoints = this.shown.checkpoints[run.dir] ?? [];
      return [...columns.evaluatedSteps(run).flatMap(at('evaluation')), ...checkpoints.flatMap(at('checkpoint'))];
    });
  }

  #fit(): void {
    const { clientWidth } = this.element;
    if (clientWidth === 0) return;
    this.#columns = columnsFor(this.#drawn.length, clientWidth, this.#room(), GAP);
    this.element.style.gridTemplateColumns = `repeat(${this.#columns}, minmax(0, 1fr))`;
  }

  /** Height in pixels that the rest of the screen leaves: the grid's own is more where charts do not fit, as in a small window. */
  #room(): number {
    const screen = this.element.parentElement;
    if (screen === null) return this.element.clientHeight;
    const rest = screen.clientHeight - this.element.clientHeight;
    // Where images come first, they take the screen, and the charts have one of their own.
    const own = Number.parseFloat(getComputedStyle(this.element).minHeight) || 0;
    return Math.max(own, Number.parseFloat(getComputedStyle(screen).minHeight) - rest);
  }
}
