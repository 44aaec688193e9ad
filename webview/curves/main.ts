/** The curves of one run or several, while they train: everything when the page appears, then what is new. */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './curves.css';
import { z } from 'zod';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { formatMetric } from '../../src/metrics/metricSpec.js';
import { scene, sceneSchema } from '../../src/protocol/comparedAttention.js';
import {
  curvesStateSchema,
  pageReady,
  points,
  pointsSchema,
  runsSchema,
  type ShownMetric,
  type ShownRun,
  saveImage,
  saveRuns,
  saveTable,
  shownRuns,
  type TableLook,
  tableLook,
  tableLookSchema,
} from '../../src/protocol/curves.js';
import { button, checkbox, dropdown, slider } from '../shared/controls.js';
import { element, page } from '../shared/element.js';
import { onMessage, PersistedState, start, tell } from '../shared/host.js';
import { onThemeChange, readTheme, type Theme } from '../shared/theme.js';
import { AXIS_LABELS, type Line, SeriesChart } from './chart.js';
import { type Point, RunColumns, readAt, X_AXES } from './columns.js';
import { imageOf } from './image.js';
import { differs, type Row, rowsOf } from './rows.js';
import { chosenColumns, columnsOf, defaultColumns } from './runColumns.js';
import { RunTable } from './runTable.js';
import { drawnOf, type NamedColor, offeredBy, runLook } from './series.js';
import { smooth } from './smooth.js';
import { Strip } from './strip.js';
import { svgOf } from './svg.js';
import { swatch } from './swatch.js';
import { table } from './table.js';
import { Tooltip } from './tooltip.js';
import { panned, type View, within, zoomed } from './view.js';

const stateSchema = curvesStateSchema.extend({
  /** Names of the metrics that are drawn; absent while nobody has chosen. */
  shown: z.array(z.string()).optional(),
  /** Runs that are not drawn. */
  hidden: z.array(z.string()),
  axis: z.enum(X_AXES),
  isLogarithmic: z.boolean(),
  smoothing: z.number().min(0).lt(1),
  onlyDifferent: z.boolean(),
  /** The part of the x axis that is shown; absent: all of it. */
  view: z.object({ from: z.number(), to: z.number() }).optional(),
  /** Absent while it was not changed here: then it looks as the last one did. */
  table: tableLookSchema.optional(),
  filter: z.string(),
  strip: z.object({
    step: z.int().min(0).optional(),
    head: z.union([z.literal('mean'), z.int().min(0)]),
    opacity: z.number().min(0).max(1),
    isOpen: z.boolean(),
    isEmbedded: z.boolean(),
  }),
});
const state = new PersistedState(stateSchema, {
  dirs: [],
  hidden: [],
  axis: 'step',
  isLogarithmic: false,
  smoothing: 0.9,
  onlyDifferent: true,
  filter: '',
  strip: { head: 'mean', opacity: 0.6, isOpen: false, isEmbedded: false },
});

let runs: readonly ShownRun[] = [];
const columns = new Map<string, RunColumns>();
/** Where the curves are read: a place on the x axis, or the share of it that the slider stands at. */
let pointed: number | undefined;
let readShare = 1;
/** How the table of the last comparison looked. */
let lastTable: TableLook | undefined;

const title = element('h1');
const runList = element('ul', { class: 'runs', 'aria-label': l10n.t('Runs') });
const hint = element('p', { class: 'note' });
const empty = element('p', { class: 'empty' }, l10n.t('The first step has not been made yet.'));
const grid = element('div', { class: 'grid' });
const problem = element('div', { class: 'problem', role: 'alert', hidden: '' });
const tables = element('section', { class: 'tables', 'aria-label': l10n.t('Settings and results') });
const axis = dropdown(l10n.t('X axis'), (value) =>
  change({ axis: X_AXES.find((one) => one === value) ?? 'step', view: undefined }),
);
axis.offer(
  X_AXES.map((value) => ({ value, label: AXIS_LABELS[value] })),
  state.value.axis,
);
const smoothing = slider({
  label: l10n.t('Smoothing'),
  min: 0,
  max: 0.99,
  step: 0.01,
  value: state.value.smoothing,
  show: (value) => (value === 0 ? l10n.t('off') : value.toFixed(2)),
  onSlide: (value) => change({ smoothing: value }),
});
const reading = slider({
  label: l10n.t('Read at'),
  min: 0,
  max: 1,
  step: 0.005,
  value: 1,
  show: (share) => (share === 1 ? l10n.t('the newest') : placeText(placeOf(share))),
  onSlide: (share) => {
    readShare = share;
    read();
    redraw();
  },
});
const whole = button(l10n.t('Show All'), () => change({ view: undefined }));
const runTable = new RunTable(
  {
    onLook: (look) => {
      change({ table: look });
      tell(tableLook, look);
    },
    onFilter: (filter) => change({ filter }),
  },
  state.value.filter,
);
const strip = new Strip(state.value.strip, (value) => state.set({ strip: value }));
const choiceTitle = element('legend', {}, l10n.t('Curves'));
const choice = element('fieldset', { class: 'choice' }, choiceTitle);

page().append(
  title,
  problem,
  runList,
  element(
    'div',
    { class: 'controls' },
    axis.element,
    smoothing.element,
    reading.element,
    checkbox(l10n.t('Logarithmic'), state.value.isLogarithmic, (isOn) => change({ isLogarithmic: isOn })),
    button(l10n.t('Zoom In'), () => change({ view: zoomed(state.value.view, end(), 2) })),
    button(l10n.t('Zoom Out'), () => change({ view: zoomed(state.value.view, end(), 0.5) })),
    whole,
    button(l10n.t('Save as PNG'), () => void saveAsImage()),
    button(l10n.t('Save as SVG'), () => saveAsSvg()),
    button(l10n.t('Save as CSV'), () => tell(saveTable, undefined)),
  ),
  choice,
  empty,
  grid,
  hint,
  runTable.element,
  button(l10n.t('Save Table as CSV'), () => tell(saveRuns, undefined)),
  strip.element,
  tables,
);

/** A chart with its title and what it reads at the cursor. */
interface Figure {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly readings: HTMLElement;
  readonly missing: HTMLElement;
  readonly tooltip: Tooltip;
  readonly chart: SeriesChart;
  readonly metric: ShownMetric;
  /** Of each run that is drawn, in the runs' order. */
  curves: readonly { readonly run: ShownRun; readonly points: Point[] }[];
}
const figures = new Map<string, Figure>();

/** The metrics that are drawn, in their order. */
const drawn = (): ShownMetric[] => drawnOf(offeredBy(runs), state.value.shown);

function figureOf(metric: ShownMetric): Figure {
  const { name, title: words } = metric;
  const existing = figures.get(name);
  if (existing) return existing;
  // Reached by the keyboard, for the arrows, plus and minus.
  const canvas = element('canvas', { role: 'img', tabindex: '0' });
  const tooltip = new Tooltip();
  const readings = element('ul', { class: 'readings', 'aria-label': l10n.t('{0}, values', words) });
  const missing = element('p', { class: 'missing' }, l10n.t('Not measured yet.'));
  const chart = new SeriesChart(canvas, {
    onCursor(x, top) {
      pointed = x;
      read();
      if (x === undefined) tooltip.hide();
      else tooltip.show(chart.pixelOf(x), top, tooltipOf(metric, x));
    },
    onView: (view) => change({ view: within(view, end()) }),
  });
  canvas.addEventListener('keydown', (event) => onChartKey(event));
  canvas.addEventListener('dblclick', () => change({ view: undefined }));
  const figure: Figure = {
    element: element(
      'figure',
      { 'data-series': name },
      element('figcaption', {}, element('h2', { title: metric.meaning }, words), readings),
      element('div', { class: 'chart' }, canvas, missing, tooltip.element),
    ),
    canvas,
    readings,
    missing,
    tooltip,
    chart,
    metric,
    curves: [],
  };
  figures.set(name, figure);
  return figure;
}

/** Arrows move, plus and minus zoom, 0 shows all. */
function onChartKey(event: KeyboardEvent): void {
  const { view } = state.value;
  const moved: Readonly<Record<string, () => View | undefined>> = {
    ArrowLeft: () => panned(view, end(), -0.2),
    ArrowRight: () => panned(view, end(), 0.2),
    '+': () => zoomed(view, end(), 1.5),
    '=': () => zoomed(view, end(), 1.5),
    '-': () => zoomed(view, end(), 1 / 1.5),
    '0': () => undefined,
  };
  const move = moved[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  change({ view: move() });
}

function change(settings: Partial<z.output<typeof stateSchema>>): void {
  state.set(settings);
  redraw();
}

onMessage(shownRuns, runsSchema, (message) => {
  runs = message;
  const dirs = runs.map(({ dir }) => dir);
  // A preview shows one run after the other.
  for (const dir of columns.keys()) {
    if (dirs.includes(dir)) continue;
    columns.delete(dir);
    pointed = undefined;
    state.set({ view: undefined });
  }
  state.set({ dirs });
  offerCurves();
  describe();
  redraw();
});

onMessage(points, pointsSchema, (message) => {
  const of = columns.get(message.dir) ?? new RunColumns();
  columns.set(message.dir, of);
  of.apply(message);
  redraw();
});

onMessage(tableLook, tableLookSchema, (message) => {
  lastTable = message;
  redraw();
});

onMessage(scene, sceneSchema, (message) => strip.offer(message));

const isCompared = () => runs.length > 1;

let curvesOffered = '';
/** The choice of curves, made anew only where others are offered, so that what has the focus keeps it. */
function offerCurves(): void {
  const offered = offeredBy(runs);
  const said = JSON.stringify(offered);
  if (said === curvesOffered) return;
  curvesOffered = said;
  const isDrawn = (name: string) => drawn().some((metric) => metric.name === name);
  choice.replaceChildren(
    choiceTitle,
    ...offered.map(({ name, title: words, meaning }) => {
      const box = checkbox(words, isDrawn(name), (isOn) =>
        change({ shown: offered.flatMap((one) => ((one.name === name ? isOn : isDrawn(one.name)) ? [one.name] : [])) }),
      );
      box.title = meaning;
      return box;
    }),
  );
}

/** The runs by name, with what is going on in each. */
function describe(): void {
  const theme = readTheme();
  const [first] = runs;
  title.textContent = isCompared() ? l10n.t('{0} runs', runs.length) : (first?.name ?? '');
  const problems = runs.flatMap((run) => (run.problem === undefined ? [] : [`${run.name}: ${run.problem}`]));
  problem.hidden = problems.length === 0;
  problem.textContent = problems.join('\n');
  // Drawn anew only where something changed, so that what has the focus keeps it.
  runs.forEach((run, index) => {
    const item = runItem(run, theme);
    const before = runList.children[index];
    if (before === undefined) runList.append(item);
    else if (before.getAttribute('data-said') !== item.getAttribute('data-said')) {
      const hadFocus = before.contains(document.activeElement);
      before.replaceWith(item);
      if (hadFocus) item.querySelector<HTMLElement>('vscode-checkbox')?.focus();
    }
  });
  while (runList.children.length > runs.length) runList.lastElementChild?.remove();
  const uniform = [...new Set(runs.map(({ uniformLoss }) => uniformLoss.toFixed(2)))].filter((text) => text !== '0.00');
  hint.textContent =
    uniform.length === 0
      ? ''
      : l10n.t(
          'A network with uniform outputs has the loss ln K = {0}. Loss = teacher entropy + KL.',
          uniform.join(', '),
        );
}

function runItem(run: ShownRun, theme: Theme): HTMLElement {
  const said = JSON.stringify([run.name, run.look, run.description, run.diagnosis, theme.series, isCompared()]);
  const name = isCompared()
    ? [
        swatch(run.look, colorOf(run, theme)),
        checkbox(run.name, !state.value.hidden.includes(run.dir), (isOn) => {
          const others = state.value.hidden.filter((dir) => dir !== run.dir);
          change({ hidden: isOn ? others : [...others, run.dir] });
        }),
      ]
    : [];
  const { diagnosis } = run;
  return element(
    'li',
    { 'data-said': said },
    element('div', { class: 'run' }, ...name, element('span', { class: 'description' }, run.description)),
    ...(diagnosis
      ? [element('p', { class: diagnosis.isTrouble ? 'diagnosis trouble' : 'diagnosis' }, diagnosis.text)]
      : []),
  );
}

const colorOf = ({ look }: ShownRun, { series, foreground }: Theme): string => series[look] ?? foreground;

let isDue = false;
/** Once a frame, whatever comes in. */
function redraw(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    const isEmpty = [...columns.values()].every((one) => one.isEmpty);
    empty.hidden = !isEmpty;
    grid.hidden = isEmpty;
    if (!isEmpty) drawCharts();
    drawRunTable();
    strip.show(runs, readTheme().series);
    drawTables();
  });
}

function drawCharts(): void {
  const { axis: along, smoothing: weight, isLogarithmic, hidden, view } = state.value;
  const shown = drawn();
  const theme = readTheme();
  for (const [name, figure] of figures) {
    if (shown.some((metric) => metric.name === name)) continue;
    figure.chart.destroy();
    figure.element.remove();
    figures.delete(name);
  }
  for (const [at, metric] of shown.entries()) {
    const figure = figureOf(metric);
    // A chart that is put in its place again would lose its size for a moment.
    const place = grid.children[at];
    if (place !== figure.element) grid.insertBefore(figure.element, place ?? null);
    figure.curves = runs.flatMap((run) => {
      const measured = hidden.includes(run.dir) ? undefined : columns.get(run.dir)?.points(metric.name, along, run);
      return measured === undefined ? [] : [{ run, points: measured }];
    });
  }
  const axisEnd = end();
  // What it stands at has another name when the axis, or what is shown of it, has changed.
  reading.set(readShare);
  // A run that began anew may have become shorter than what was looked at.
  const shownView = view && within(view, axisEnd);
  whole.toggleAttribute('disabled', shownView === undefined);
  for (const metric of shown) {
    const figure = figureOf(metric);
    const lines: Line[] = figure.curves.map(({ points: measured, run }) => ({
      points: measured,
      color: colorOf(run, theme),
      look: runLook(run.look),
    }));
    figure.missing.hidden = lines.some((line) => line.points.length > 0);
    figure.chart.draw(lines, {
      metric,
      axis: along,
      isLogarithmic,
      smoothing: weight,
      view: shownView,
      end: axisEnd,
      theme,
    });
    const newest = figure.curves.map(({ run, points: measured }) => {
      const value = measured.at(-1)?.y;
      return `${run.name} ${value === undefined ? l10n.t('not measured') : l10n.t('now {0}', formatMetric(metric, value))}`;
    });
    figure.canvas.setAttribute('aria-label', `${metric.title}: ${newest.join(', ')}`);
  }
  read();
}

/** The whole of the x axis that is drawn. */
function extent(): readonly [number, number] {
  const ends = [...figures.values()].flatMap(({ curves }) =>
    curves.flatMap(({ points: measured }) => [measured[0]?.x, measured.at(-1)?.x]),
  );
  const known = ends.filter((x) => x !== undefined);
  return known.length === 0 ? [0, 0] : [Math.min(...known), Math.max(...known)];
}

/** Where the x axis ends. */
const end = (): number => extent()[1];

/** Within what is shown. */
function placeOf(share: number): number {
  const { view } = state.value;
  const [from, to] = view ? [view.from, view.to] : extent();
  return from + share * (to - from);
}

function placeText(x: number): string {
  const { axis: along } = state.value;
  const number = along === 'step' || along === 'images' ? `${Math.round(x)}` : x.toFixed(2);
  return `${AXIS_LABELS[along].toLowerCase()} ${number}`;
}

/** What every run has at the cursor, in every chart. */
function read(): void {
  const theme = readTheme();
  const x = pointed ?? (readShare === 1 ? undefined : placeOf(readShare));
  for (const { readings, curves, chart, metric } of figures.values()) {
    chart.showCursor(x);
    const where = x === undefined ? [] : [element('li', { class: 'where' }, placeText(x))];
    const values = curves.map(({ run, points: measured }) => {
      const value = readAt(measured, x);
      const text = value === undefined ? '–' : formatMetric(metric, value);
      if (!isCompared()) return element('li', {}, text);
      const mark = swatch(run.look, colorOf(run, theme));
      return element('li', { title: run.name }, mark, element('span', { class: 'name' }, run.name), ` ${text}`);
    });
    readings.replaceChildren(...where, ...values);
  }
}

/** What every run has at a place, measured and smoothed. */
function tooltipOf(metric: ShownMetric, x: number): HTMLElement[] {
  const theme = readTheme();
  const { smoothing: weight } = state.value;
  const text = (value: number | undefined) => (value === undefined ? '–' : formatMetric(metric, value));
  const lines = (figures.get(metric.name)?.curves ?? []).map(({ run, points: measured }) => {
    const smoothed = smooth(
      measured.map(({ y }) => y),
      weight,
    );
    const along = measured.map((point, i) => ({ x: point.x, y: smoothed[i] ?? 0 }));
    const more = weight > 0 && !metric.isExact ? l10n.t(' (smoothed {0})', text(readAt(along, x))) : '';
    const words = element('span', { class: 'name' }, run.name);
    return element('div', {}, swatch(run.look, colorOf(run, theme)), words, ` ${text(readAt(measured, x))}${more}`);
  });
  return [element('div', { class: 'where' }, placeText(x)), ...lines];
}

function drawRunTable(): void {
  runTable.element.hidden = !isCompared();
  if (!isCompared()) return;
  const { table: chosen = lastTable, filter, onlyDifferent, axis: along } = state.value;
  const x = readShare === 1 ? undefined : placeOf(readShare);
  const look = chosen ?? { columns: defaultColumns(offeredBy(runs)), place: 'newest' };
  // The curves may be read along another axis than the table's.
  const stepOf = (run: ShownRun) => (x === undefined ? undefined : columns.get(run.dir)?.stepAt(x, along, run));
  runTable.show({
    runs,
    columns: columnsOf(runs, columns, { place: look.place, stepOf }),
    look,
    filter,
    withDifferent: onlyDifferent,
    colors: readTheme().series,
  });
}

let tablesSaid = '';
function drawTables(): void {
  // Of several runs the table of runs tells the results.
  const results = isCompared() ? [] : [...rowsOf(runs, 'results'), ...measuredRows()];
  const settings = rowsOf(runs, 'settings');
  const { onlyDifferent } = state.value;
  const shownSettings = isCompared() && onlyDifferent ? settings.filter(differs) : settings;
  const said = JSON.stringify([runs.map(({ name }) => name), results, shownSettings]);
  if (said === tablesSaid) return;
  tablesSaid = said;
  const filter = checkbox(l10n.t('Only settings that differ'), onlyDifferent, (isOn) =>
    change({ onlyDifferent: isOn }),
  );
  const wasOnFilter = tables.querySelector('vscode-checkbox')?.matches(':focus-within') ?? false;
  const none = element('p', { class: 'note' }, l10n.t('All settings are the same.'));
  tables.replaceChildren(
    ...(isCompared() ? [filter] : [scrolled(l10n.t('Results'), table(l10n.t('Results'), runs, results))]),
    shownSettings.length === 0 ? none : scrolled(l10n.t('Settings'), table(l10n.t('Settings'), runs, shownSettings)),
  );
  if (wasOnFilter) filter.focus();
}

/** Reached by the keyboard, so that what is too wide can be scrolled by it. */
const scrolled = (label: string, content: HTMLElement): HTMLElement =>
  element('div', { class: 'scrolled', tabindex: '0', role: 'region', 'aria-label': label }, content);

/** The newest and the best of what the curves hold. */
function measuredRows(): Row[] {
  const along = columnsOf(runs, columns, { place: 'newest', stepOf: () => undefined });
  // How fast it goes is said with how it stands.
  const results = offeredBy(runs).filter(({ result, group }) => result !== undefined && group !== 'speed');
  const ids = results.flatMap(({ name }) => [`measured:${name}`, `lowest:${name}`]);
  return chosenColumns(along, ids, false)
    .map(({ label, cells }) => ({ label, values: cells.map(({ text }) => text) }))
    .filter(({ values }) => values.some((value) => value !== ''));
}

/** The runs that are drawn, by name. */
const drawnRuns = (theme: Theme): NamedColor[] =>
  runs.flatMap((run) =>
    state.value.hidden.includes(run.dir) ? [] : [{ name: run.name, look: run.look, color: colorOf(run, theme) }],
  );

/** The figures that are shown, in their order. */
const shownFigures = () =>
  drawn().flatMap(({ name, title: words }) => {
    const figure = figures.get(name);
    return figure ? [{ title: words, figure }] : [];
  });

async function saveAsImage(): Promise<void> {
  const theme = readTheme();
  const parts = shownFigures().map(({ title: words, figure }) => ({ title: words, canvas: figure.canvas }));
  try {
    tell(saveImage, { kind: 'png', png: await imageOf(parts, drawnRuns(theme), theme) });
  } catch (error) {
    problem.hidden = false;
    problem.textContent = errorMessage(error);
  }
}

function saveAsSvg(): void {
  const theme = readTheme();
  const charts = shownFigures().map(({ title: words, figure }) => ({ title: words, drawn: figure.chart.drawn() }));
  tell(saveImage, { kind: 'svg', svg: svgOf(charts, drawnRuns(theme), theme) });
}

onThemeChange(() => {
  describe();
  redraw();
});
start(pageReady);
