/** One of the small multiples: a metric's chart with its title and what it reads at the cursor. */
import * as l10n from '@vscode/l10n';
import { formatMetric } from '../../src/metrics/metricSpec.js';
import type { ShownMetric } from '../../src/protocol/curves.js';
import { element } from '../shared/element.js';
import type { Theme } from '../shared/theme.js';
import { SeriesChart } from './chart.js';
import { readAt } from './columns.js';
import type { Marker } from './markers.js';
import { placeText } from './reading.js';
import type { ChartLook } from './scales.js';
import { PLAIN_LOOK, runLook } from './series.js';
import { colorOf, type RunCurve } from './shown.js';
import { smooth } from './smooth.js';
import { swatch } from './swatch.js';
import { Tooltip } from './tooltip.js';
import type { View } from './view.js';

export interface FigureEvents {
  /** Something is pointed at, or nothing any more. */
  onPoint(x: number | undefined): void;
  onView(view: View): void;
  onReset(): void;
  onKey(event: KeyboardEvent): void;
  onOpen(marker: Marker): void;
}

export class Figure {
  readonly element: HTMLElement;
  // Reached by the keyboard, for the arrows, plus and minus.
  readonly canvas = element('canvas', { role: 'img', tabindex: '0' });
  readonly chart: SeriesChart;
  readonly #readings;
  readonly #missing = element('p', { class: 'missing' }, l10n.t('Not measured yet.'));
  readonly #tooltip = new Tooltip();
  #curves: readonly RunCurve[] = [];
  #look: ChartLook | undefined;

  constructor(
    readonly metric: ShownMetric,
    events: FigureEvents,
  ) {
    const { name, title, unit, meaning } = metric;
    this.#readings = element('ul', { class: 'readings', 'aria-label': l10n.t('{0}, values', title) });
    this.chart = new SeriesChart(this.canvas, {
      onCursor: (x, top, marker) => {
        events.onPoint(x);
        if (x === undefined) this.#tooltip.hide();
        else this.#tooltip.show(this.chart.pixelOf(x), top, this.#tooltipAt(x, marker));
      },
      onView: (view) => events.onView(view),
      onOpen: (marker) => events.onOpen(marker),
    });
    this.canvas.addEventListener('keydown', (event) => events.onKey(event));
    this.canvas.addEventListener('dblclick', () => events.onReset());
    const heading = element('h2', { title: meaning }, title, element('span', { class: 'unit' }, ` ${unit}`));
    this.element = element(
      'figure',
      { 'data-series': name },
      element('figcaption', {}, heading, this.#readings),
      element('div', { class: 'chart' }, this.canvas, this.#missing, this.#tooltip.element),
    );
  }

  draw(curves: readonly RunCurve[], look: ChartLook, markers: readonly Marker[]): void {
    this.#curves = curves;
    this.#look = look;
    const lines = curves.map(({ points, run }) => ({
      points,
      color: colorOf(run, look.theme),
      // A single run is not told apart from others.
      look: curves.length > 1 ? runLook(run.look) : PLAIN_LOOK,
    }));
    this.#missing.hidden = lines.some(({ points }) => points.length > 0);
    this.chart.draw(lines, look, markers);
    const newest = curves.map(({ run, points }) => {
      const value = points.at(-1)?.y;
      return `${run.name} ${value === undefined ? l10n.t('not measured') : l10n.t('now {0}', formatMetric(this.metric, value))}`;
    });
    this.canvas.setAttribute('aria-label', `${this.metric.title}: ${newest.join(', ')}`);
  }

  /** What every run has at the cursor. @param x undefined: at its newest */
  read(x: number | undefined, theme: Theme): void {
    this.chart.showCursor(x);
    const isCompared = this.#curves.length > 1;
    this.#readings.replaceChildren(
      ...this.#curves.map(({ run, points }) => {
        const text = this.#text(readAt(points, x));
        if (!isCompared) return element('li', {}, text);
        const mark = swatch(run.look, colorOf(run, theme));
        return element('li', { title: run.name }, mark, element('span', { class: 'name' }, run.name), ` ${text}`);
      }),
    );
  }

  #text(value: number | undefined): string {
    return value === undefined ? '–' : formatMetric(this.metric, value);
  }

  /** What every run has at a place, measured and smoothed, and what a marker there is. */
  #tooltipAt(x: number, marker: Marker | undefined): HTMLElement[] {
    const look = this.#look;
    if (look === undefined) return [];
    const { smoothing, theme, axis } = look;
    const lines = this.#curves.map(({ run, points }) => {
      const smoothed = smooth(
        points.map(({ y }) => y),
        smoothing,
      );
      const along = points.map((point, i) => ({ x: point.x, y: smoothed[i] ?? point.y }));
      const isSmoothed = smoothing > 0 && !this.metric.isExact;
      const more = isSmoothed ? l10n.t(' (smoothed {0})', this.#text(readAt(along, x))) : '';
      const words = element('span', { class: 'name' }, run.name);
      return element(
        'div',
        {},
        swatch(run.look, colorOf(run, theme)),
        words,
        ` ${this.#text(readAt(points, x))}${more}`,
      );
    });
    const marked = marker === undefined ? [] : [element('div', {}, markerText(marker))];
    return [element('div', { class: 'where' }, placeText(x, axis)), ...lines, ...marked];
  }
}

const markerText = ({ kind, step }: Marker): string =>
  kind === 'checkpoint'
    ? l10n.t('Checkpoint of step {0}: a click shows its attention', step)
    : l10n.t('Evaluated at step {0}', step);
