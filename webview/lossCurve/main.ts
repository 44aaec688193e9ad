/** The loss of a run while it trains: everything when the page appears, then what is new. */
import './lossCurve.css';
import { z } from 'zod';
import { lossCurveStateSchema, type Points, pageReady, points, pointsSchema } from '../../src/protocol/lossCurve.js';
import { checkbox, slider } from '../shared/controls.js';
import { element, page } from '../shared/element.js';
import { onMessage, PersistedState, start } from '../shared/host.js';
import { onThemeChange, readTheme } from '../shared/theme.js';
import { type Columns, DASHES, LossChart, SERIES, SERIES_LABELS, type SeriesName } from './chart.js';

const stateSchema = lossCurveStateSchema.extend({
  shown: z.array(z.enum(SERIES)),
  smoothing: z.number().min(0).lt(1),
});
const state = new PersistedState(stateSchema, { dir: '', shown: ['loss'], smoothing: 0.6 });

const columns: Columns = { step: [], loss: [], teacher_entropy: [], kl: [], lr: [] };
let run: Points['run'] | undefined;

const title = element('h1');
const note = element('p', { class: 'note' });
const hint = element('p', { class: 'note' });
const problem = element('div', { class: 'problem', role: 'alert', hidden: '' });
const empty = element('p', { class: 'empty' }, 'The first step has not been made yet.');
const canvas = element('canvas', { role: 'img' });
const frame = element('div', { class: 'chart', hidden: '' }, canvas);
const smoothing = slider({
  label: 'Smoothing',
  min: 0,
  max: 0.99,
  step: 0.01,
  value: state.value.smoothing,
  show: (value) => (value === 0 ? 'off' : value.toFixed(2)),
  onSlide: (value) => {
    state.set({ smoothing: value });
    redraw();
  },
});
const swatches = SERIES.map(swatch);
const toggles = SERIES.map((name, i) =>
  element(
    'div',
    { class: 'toggle' },
    checkbox(SERIES_LABELS[name], state.value.shown.includes(name), (isOn) => show(name, isOn)),
    swatches[i] ?? '',
  ),
);

page().append(
  title,
  note,
  problem,
  element('div', { class: 'controls' }, ...toggles, smoothing.element),
  empty,
  frame,
  hint,
);
const chart = new LossChart(canvas);

/** How the series is drawn: with the checkboxes it is the chart's legend, which the keyboard reaches. */
function swatch(name: SeriesName): SVGSVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(namespace, 'svg');
  const line = document.createElementNS(namespace, 'line');
  for (const [attribute, value] of Object.entries({ width: '36', height: '4', 'aria-hidden': 'true' }))
    picture.setAttribute(attribute, value);
  const stroke = { x2: '36', y1: '2', y2: '2', stroke: 'currentColor', 'stroke-width': '2' };
  for (const [attribute, value] of Object.entries({ ...stroke, 'stroke-dasharray': DASHES[name].join(' ') }))
    line.setAttribute(attribute, value);
  picture.append(line);
  return picture;
}

function show(name: SeriesName, isOn: boolean): void {
  const others = state.value.shown.filter((one) => one !== name);
  state.set({ shown: isOn ? [...others, name] : others });
  redraw();
}

onMessage(points, pointsSchema, (message) => {
  run = message.run;
  state.set({ dir: run.dir });
  for (const name of ['step', ...SERIES] as const) {
    if (message.reset) columns[name].length = 0;
    columns[name].push(...new Float64Array(message.points[name]));
  }
  describe(run);
  redraw();
});

function describe({ name, state: stands, description, totalSteps, problem: what, uniformLoss }: Points['run']): void {
  title.textContent = name;
  const step = columns.step.at(-1);
  const progress = step === undefined ? '' : ` · step ${step}${totalSteps > 0 ? ` of ${totalSteps}` : ''}`;
  note.textContent = `${description.startsWith(stands) ? '' : `${stands} · `}${description}${progress}`;
  problem.hidden = what === undefined;
  problem.textContent = what ?? '';
  hint.textContent =
    uniformLoss > 0 && step !== undefined
      ? `A network that tells nothing apart has the loss ln K = ${uniformLoss.toFixed(2)}. Loss = teacher entropy + KL.`
      : '';
}

let isDue = false;
/** Once a frame, whatever comes in. */
function redraw(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    const theme = readTheme();
    swatches.forEach((picture, i) => {
      picture.style.color = theme.series[i] ?? theme.foreground;
    });
    const isEmpty = columns.step.length === 0;
    empty.hidden = !isEmpty;
    frame.hidden = isEmpty;
    if (isEmpty) return;
    const last = columns.loss.at(-1);
    canvas.setAttribute('aria-label', `Loss of ${run?.name ?? 'the run'}, now ${last?.toFixed(3) ?? 'unknown'}`);
    chart.draw(columns, {
      shown: new Set(state.value.shown),
      smoothing: state.value.smoothing,
      theme,
      stepsPerEpoch: run?.stepsPerEpoch ?? 0,
    });
  });
}

onThemeChange(redraw);
start(pageReady);
