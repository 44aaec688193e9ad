/** The curves of one run or several, while they train: everything when the page appears, then what is new. */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './curves.css';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { scene, sceneSchema } from '../../src/protocol/comparedAttention.js';
import {
  openAttention,
  pageReady,
  points,
  pointsSchema,
  runsSchema,
  type ShownRun,
  saveRuns,
  saveTable,
  shownRuns,
  type TableLook,
  tableLook,
  tableLookSchema,
} from '../../src/protocol/curves.js';
import { element, page } from '../shared/element.js';
import { hint } from '../shared/hint.js';
import { onMessage, start, tell } from '../shared/host.js';
import { onThemeChange, readTheme } from '../shared/theme.js';
import { Bar, type BarEvents } from './bar.js';
import { CurveMenu } from './curveMenu.js';
import { drawer } from './drawer.js';
import { Figures } from './figures.js';
import { Header } from './header.js';
import { columnsOf, defaultColumns } from './runColumns.js';
import { RunTable } from './runTable.js';
import { savePng, saveSvg } from './saving.js';
import { offeredBy } from './series.js';
import { Shown } from './shown.js';
import { type CurvesState, state } from './state.js';
import { Strip } from './strip.js';
import { Tables } from './tables.js';
import { Training } from './training.js';

/** How the table of the last comparison looked. */
let lastTable: TableLook | undefined;

const shown = new Shown();
const header = new Header(shown, (hidden) => change({ hidden }));
const figures = new Figures(shown, {
  onView: (view) => change({ view }),
  onRead: () => bar.showPlace(),
  onOpen: (dir, step) => tell(openAttention, { dir, step }),
});
const curves = new CurveMenu(shown, (names) => change({ shown: names }));
const SAVES: Readonly<Record<Parameters<BarEvents['onSave']>[0], () => void>> = {
  png: () => void savePng(shown, figures).catch((error: unknown) => header.showProblem(errorMessage(error))),
  svg: () => saveSvg(shown, figures),
  csv: () => tell(saveTable, undefined),
  runs: () => tell(saveRuns, undefined),
};
const bar = new Bar(curves, figures, {
  onChange: change,
  onRead() {
    figures.read();
    redraw();
  },
  onSave: (what) => SAVES[what](),
});
const empty = element('p', { class: 'empty' }, l10n.t('The first step has not been made yet.'));
const training = new Training(shown, {
  onPoint: pointAtStep,
  onOpen: (dir, step) => tell(openAttention, { dir, step }),
});
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
const runsDrawer = drawer('runs', l10n.t('Table of runs'), runTable.element);
const strip = new Strip(state.value.strip, (value) => state.set({ strip: value }));
const tables = new Tables(shown, (onlyDifferent) => change({ onlyDifferent }));
const tablesDrawer = drawer('settings', l10n.t('Settings and results'), tables.element);

const introduction = hint(
  l10n.t(
    'The run as it learns: loss falls, k-NN rises where it is measured. Point at a curve to read all of them; click a dot below to look into that checkpoint.',
  ),
);

page().append(
  element(
    'section',
    { class: 'screen' },
    introduction,
    header.element,
    bar.element,
    empty,
    figures.element,
    training.element,
  ),
  runsDrawer,
  strip.element,
  tablesDrawer,
);

// Until the host has told what there is.
for (const part of [empty, training.element, runsDrawer]) part.hidden = true;

function change(settings: Partial<CurvesState>): void {
  state.set(settings);
  redraw();
}

onMessage(shownRuns, runsSchema, (message) => {
  // A preview shows one run after the other.
  if (shown.show(message)) {
    figures.reading.pointed = undefined;
    state.set({ view: undefined });
  }
  state.set({ dirs: message.map(({ dir }) => dir) });
  header.show();
  redraw();
});

onMessage(points, pointsSchema, (message) => {
  shown.add(message);
  redraw();
});

onMessage(tableLook, tableLookSchema, (message) => {
  lastTable = message;
  redraw();
});

onMessage(scene, sceneSchema, (message) => {
  shown.checkpoints = message.steps;
  strip.offer(message);
  redraw();
});

let isDue = false;
/** Once a frame, whatever comes in. */
function redraw(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    empty.hidden = !shown.isEmpty;
    figures.element.hidden = shown.isEmpty;
    curves.show();
    if (!shown.isEmpty) figures.draw();
    bar.show();
    training.show();
    drawRunTable();
    strip.show(shown.runs, readTheme().series);
    placeStrip();
    tables.show();
  });
}

/** What the networks see comes before the curves where there is something to compare. */
function placeStrip(): void {
  const next = strip.isFirst ? bar.element : tablesDrawer;
  if (strip.element.nextElementSibling !== next) next.before(strip.element);
  // The charts leave room for the names of the drawers below them.
  const drawers = [...(runsDrawer.hidden ? [] : [runsDrawer]), ...(strip.isFirst ? [] : [strip]), tablesDrawer];
  document.documentElement.style.setProperty('--drawers', `${drawers.length}`);
}

/** The cursor goes to a step that is pointed at elsewhere. */
function pointAtStep(run: ShownRun, step: number | undefined): void {
  const x = step === undefined ? undefined : shown.columns.get(run.dir)?.placeOf(step, state.value.axis, run);
  figures.reading.pointed = x;
  figures.read();
}

function drawRunTable(): void {
  const { runs, columns, isCompared } = shown;
  runsDrawer.hidden = !isCompared;
  if (!isCompared) return;
  const { table: chosen = lastTable, filter, onlyDifferent, axis } = state.value;
  const x = figures.reading.fixed;
  const look = chosen ?? { columns: defaultColumns(offeredBy(runs)), place: 'newest' };
  // The curves may be read along another axis than the table's.
  const stepOf = (run: ShownRun) => (x === undefined ? undefined : columns.get(run.dir)?.stepAt(x, axis, run));
  runTable.show({
    runs,
    columns: columnsOf(runs, columns, { place: look.place, stepOf }),
    look,
    filter,
    withDifferent: onlyDifferent,
    colors: readTheme().series,
  });
}

onThemeChange(() => {
  header.show();
  redraw();
});
start(pageReady);
