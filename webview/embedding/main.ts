/** Images in the plane, near to each other where a network finds them alike. */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './embedding.css';
import { errorMessage } from '../../src/errors/errorMessage.js';
import {
  askColumn,
  askNearest,
  askPrediction,
  askThumbnails,
  begin,
  chooseTable,
  columnSchema,
  exportedSchema,
  exportPlot,
  type Images,
  images as imagesMessage,
  imagesSchema,
  layout,
  layoutSchema,
  nearestSchema,
  type OfferedNetwork,
  open,
  pageReady,
  point,
  predictedSchema,
  progress as progressMessage,
  progressSchema,
  type Subject,
  subject,
  subjectSchema,
  tableSchema,
  visit,
} from '../../src/protocol/embeddingPanel.js';
import { thumbnailsSchema } from '../../src/protocol/thumbnails.js';
import { button, checkbox, dropdown, slider, textField } from '../shared/controls.js';
import { element, page } from '../shared/element.js';
import { onMessage, request, start, tell } from '../shared/host.js';
import { onThemeChange, readTheme } from '../shared/theme.js';
import { THUMBNAIL_SIDE, Thumbnails } from '../shared/thumbnails.js';
import { createCard } from './card.js';
import { type Coloring, colorByValues } from './coloring.js';
import { asClasses, colorChoices, colorName, columnOf, FOLDER, ofColumn } from './colorSource.js';
import { fitted } from './geometry.js';
import { createImageList, type ListedImage } from './imageList.js';
import { createLegend } from './legend.js';
import { createPlot } from './plot.js';
import { createSetup } from './setup.js';
import { state } from './state.js';
import { createWorkBar } from './workBar.js';

const MOST_LISTED = 100;
const MOST_KEPT_SELECTED = 2000;
const NEIGHBORS = 12;
/** A dragged slider comes to rest before a checkpoint is computed. */
const REST_MS = 350;
/** The pointer rests on an image before attention is computed for it. */
const POINT_REST_MS = 150;

let current: Subject | undefined;
let shown: Images | undefined;
let labels = new Int32Array();
/** Fitted to the plot, by checkpoint. */
const layouts = new Map<string, Float32Array>();
/** The checkpoint whose points move. */
let moving: string | undefined;
let coloring: Coloring | undefined;
let selected = new Set(state.value.selected);
let neighbors: readonly ListedImage[] = [];

const title = element('h1');
const note = element('p', { class: 'note', role: 'status' });
const problemText = element('span');
const problem = element('div', { class: 'problem', role: 'alert', hidden: '' }, problemText);

const setup = createSetup(
  state.value.choice,
  (choice) => state.set({ choice }),
  (choice) => {
    state.set({
      choice,
      hasBegun: true,
      visited: [],
      place: undefined,
      selected: [],
      pinned: undefined,
      zoom: undefined,
    });
    forget();
    plot.fit();
    tell(begin, { choice });
  },
);

/** Out of the way once the plot is there. */
const settings = element('details', { open: '' }, element('summary', {}, l10n.t('Settings')), setup.element);

const workBar = createWorkBar();

const colors = dropdown(l10n.t('Color'), (color) => {
  state.set({ color });
  void recolor();
});
const predictedBox = checkbox(l10n.t('k-NN prediction'), state.value.isPredicted, (isPredicted) => {
  state.set({ isPredicted });
  void recolor();
});
const tableButton = button(l10n.t('CSV Columns…'), () => void openTable());
const filter = textField(l10n.t('Filter by name'), l10n.t('part of a name'), state.value.filter, (text) => {
  state.set({ filter: text });
  showStates();
});
const lasso = button(l10n.t('Lasso'), () => setLasso(!isLasso));
const fit = button(l10n.t('Show All'), () => plot.fit());
const thumbnailsBox = checkbox(l10n.t('Thumbnails'), state.value.hasThumbnails, (hasThumbnails) => {
  state.set({ hasThumbnails });
  plot.setThumbnails(hasThumbnails);
});
const saving = element(
  'div',
  { class: 'control', role: 'group', 'aria-label': l10n.t('Save as') },
  element('div', { class: 'caption' }, l10n.t('Save as')),
  element(
    'div',
    { class: 'buttons' },
    button('PNG…', () => void save('png')),
    button('CSV…', () => void save('csv')),
    button(l10n.t('Embedding Projector…'), () => void save('projector')),
  ),
);
const tools = element(
  'div',
  { class: 'controls', hidden: '', role: 'group', 'aria-label': l10n.t('Plot') },
  colors.element,
  predictedBox,
  tableButton,
  filter,
  lasso,
  fit,
  thumbnailsBox,
  saving,
);

let restTimer: number | undefined;
const steps = slider({
  label: l10n.t('Checkpoint'),
  min: 0,
  max: 1,
  step: 0.05,
  value: 0,
  show: (value) => placeText(value),
  onSlide: (place) => {
    state.set({ place });
    showPlace(false);
    clearTimeout(restTimer);
    restTimer = setTimeout(() => visitPlace(), REST_MS);
  },
});
const visitAll = button(l10n.t('Compute All'), () => tell(visit, missing()));
const timeline = element('div', { class: 'controls timeline', hidden: '' }, steps.element, visitAll);

const card = createCard();
const legend = createLegend(() => showStates());
const thumbnails = new Thumbnails(
  async (wanted) => {
    const { pixels, unreadable } = await request(askThumbnails, thumbnailsSchema, {
      images: wanted,
      side: THUMBNAIL_SIDE,
    });
    return { pixels: new Uint8Array(pixels), unreadable };
  },
  () => {
    plot.redraw();
    nearestList.refresh();
    selectedList.refresh();
    showCard();
  },
  (sentence) => showProblem(sentence),
);
const listEvents = {
  onPoint: (image: number | undefined) => plot.setPointed(image),
  onPin: (image: number) => pin(image),
  onOpen: (image: number, how: 'file' | 'attention') => tell(open, { image, how }),
};
const nearestList = createImageList(l10n.t('Nearest neighbors'), thumbnails, listEvents);
const selectedList = createImageList(l10n.t('Selected images'), thumbnails, listEvents);
let pointed: number | undefined;
let pointTimer: number | undefined;
let isLasso = false;

const plot = createPlot(thumbnails, {
  onPoint(image) {
    pointed = image;
    showCard();
    clearTimeout(pointTimer);
    if (image !== undefined) pointTimer = setTimeout(() => tell(point, image), POINT_REST_MS);
  },
  onPin: (image) => pin(image),
  onSelect(images, isAdded) {
    if (isAdded && images.length === 1 && selected.has(images[0] ?? -1)) selected.delete(images[0] ?? -1);
    else selected = new Set(isAdded ? [...selected, ...images] : images);
    setLasso(false);
    showStates();
    showSelected();
  },
  onZoom: (zoom) => state.set({ zoom }),
});
plot.setThumbnails(state.value.hasThumbnails);
const side = element('div', { class: 'side' }, legend.element, nearestList.element, selectedList.element);
const frame = element('div', { class: 'frame' }, plot.element, card.element);
const result = element('div', { class: 'result', hidden: '' }, frame, side);

page().append(title, note, settings, problem, workBar.element, tools, timeline, result);

onMessage(subject, subjectSchema, (told) => {
  const wasBegun = current?.begun !== undefined;
  current = told;
  title.textContent = told.title;
  state.set({ shown: told.shown });
  const { hasBegun, choice } = state.value;
  setup.offer(told.networks, told.begun?.network ?? told.proposed);
  if (told.networks.length === 0 && told.begun === undefined)
    note.textContent = l10n.t(
      'There is no network to look with yet: train one, or choose a file of weights in the attention panel.',
    );
  setup.setBegun(told.begun !== undefined);
  if (told.begun !== undefined && !wasBegun) settings.open = false;
  if (told.begun !== undefined && told.networks.every(({ id }) => id !== told.begun?.network))
    showProblem(l10n.t('The network of this plot no longer exists: the plot stays, but nothing new can be computed.'));
  showTimeline();
  // The window was loaded again: what was shown is shown again.
  if (hasBegun && told.begun === undefined && told.networks.some(({ id }) => id === choice.network))
    tell(begin, { choice, visited: state.value.visited });
});

onMessage(imagesMessage, imagesSchema, (told) => {
  if (shown !== undefined && shown.names.length !== told.names.length) forget();
  shown = told;
  labels = new Int32Array(told.labels);
  selected = new Set([...selected].filter((image) => image < told.names.length));
  const count = told.names.length;
  const counted = count === 1 ? l10n.t('1 image.') : l10n.t('{0} images.', count.toLocaleString('en'));
  note.textContent = [counted, ...told.notes].join(' ');
  offerColors();
  void recolor();
});

onMessage(layout, layoutSchema, ({ checkpoint, points, isDone }) => {
  if (shown === undefined || points.byteLength !== 8 * shown.names.length) return;
  const positions = fitted(new Float32Array(points));
  const isFirst = layouts.size === 0 && result.hidden;
  moving = isDone ? undefined : checkpoint;
  layouts.set(checkpoint, positions);
  const { visited } = state.value;
  if (isDone && !visited.includes(checkpoint)) state.set({ visited: [...visited, checkpoint] });
  result.hidden = false;
  tools.hidden = false;
  const order = checkpoints();
  const index = order.findIndex(({ id }) => id === checkpoint);
  const { place } = state.value;
  // While all are computed one after the other, each is shown as it comes.
  if (place === undefined || !isDone || Math.round(place) === index) {
    if (place === undefined || (!isDone && Math.round(place) !== index)) state.set({ place: Math.max(0, index) });
    plot.move(positions, isDone && !isFirst && Math.round(place ?? index) !== index);
  }
  if (isFirst && state.value.zoom) plot.zoomTo(state.value.zoom);
  if (isDone && state.value.place !== undefined) showPlace(false);
  showTimeline();
  showStates();
  if (isFirst) showSelected();
  if (isDone) {
    if (state.value.isPredicted) void recolor();
    if (state.value.pinned !== undefined) pin(state.value.pinned);
  }
});

let wasWorking: boolean | undefined;
onMessage(progressMessage, progressSchema, (told) => {
  const isWorking = told.phase !== 'idle' && told.phase !== 'failed';
  // Ended without a plot, what is left to do is to start again.
  if (result.hidden && isWorking !== wasWorking) settings.open = !isWorking;
  wasWorking = isWorking;
  if (told.phase === 'failed') showProblem(told.message);
  else if (told.phase !== 'idle') showProblem(undefined);
  if (!isWorking) moving = undefined;
  workBar.show(told, (checkpoint) => checkpoints().find(({ id }) => id === checkpoint)?.label);
});

/** What was shown is of other images. */
function forget(): void {
  layouts.clear();
  thumbnails.clear();
  shown = undefined;
  selected = new Set();
  neighbors = [];
  pointed = undefined;
  result.hidden = true;
  tools.hidden = true;
  nearestList.show('', [], 0, false);
  selectedList.show('', [], 0, false);
  showProblem(undefined);
}

function checkpoints(): OfferedNetwork['checkpoints'] {
  const network = current?.begun?.network ?? state.value.choice.network;
  return current?.networks.find(({ id }) => id === network)?.checkpoints ?? [];
}
const missing = (): string[] => {
  const order = checkpoints().map(({ id }) => id);
  // From the one that is there backwards, so that each is laid out from its neighbor.
  return order.reverse().filter((id) => !layouts.has(id));
};
const atPlace = (place: number) => checkpoints()[Math.round(place)]?.id;
/** The checkpoint that is shown, or was last. */
const shownCheckpoint = (): string | undefined => {
  const id = atPlace(state.value.place ?? 0);
  return id !== undefined && layouts.has(id) ? id : [...layouts.keys()].at(-1);
};

function placeText(place: number): string {
  const order = checkpoints();
  const [low, high] = [order[Math.floor(place)], order[Math.ceil(place)]];
  if (low === undefined) return '';
  return high === undefined || low === high ? low.label : `${low.label} → ${high.label}`;
}

function showTimeline(): void {
  const order = checkpoints();
  timeline.hidden = order.length < 2 || layouts.size === 0;
  if (timeline.hidden) return;
  steps.set(state.value.place ?? order.length - 1, { min: 0, max: order.length - 1 });
  visitAll.toggleAttribute('disabled', missing().length === 0);
}

/** The points between two checkpoints are on the way from the one to the other. */
function showPlace(isSmooth: boolean): void {
  const { place } = state.value;
  if (place === undefined || moving !== undefined) return;
  const order = checkpoints();
  const low = layouts.get(order[Math.floor(place)]?.id ?? '');
  const high = layouts.get(order[Math.ceil(place)]?.id ?? '');
  if (low !== undefined && high !== undefined) {
    const share = place - Math.floor(place);
    plot.move(share === 0 ? low : low.map((value, at) => value + share * ((high[at] as number) - value)), isSmooth);
  } else {
    const there = low ?? high;
    if (there !== undefined) plot.move(there, isSmooth);
  }
}

function visitPlace(): void {
  const { place } = state.value;
  if (place === undefined) return;
  const wanted = [Math.floor(place), Math.ceil(place)].map((index) => checkpoints()[index]?.id);
  const unknown = [...new Set(wanted)].filter((id) => id !== undefined && !layouts.has(id));
  if (unknown.length > 0) tell(visit, unknown as string[]);
  else if (state.value.isPredicted) void recolor();
}

function offerColors(): void {
  const choices = colorChoices(state.value.table?.columns ?? []);
  const chosen = choices.some(({ value }) => value === state.value.color) ? state.value.color : FOLDER;
  state.set({ color: chosen });
  colors.offer(choices, chosen);
}

let colorings = 0;
async function recolor(): Promise<void> {
  if (shown === undefined) return;
  const mine = ++colorings;
  const { color, isPredicted } = state.value;
  try {
    const values = await valuesOf(color, isPredicted);
    if (mine !== colorings || values.length !== shown.names.length) return;
    const theme = readTheme();
    coloring = colorByValues(values, theme.series, theme.kind === 'dark' ? '#8a8a8a' : '#767676');
    plot.setColors(coloring.colors, coloring.shapes);
    legend.show(shownColorName(), coloring.legend);
    showStates();
  } catch (error) {
    if (mine !== colorings) return;
    showProblem(errorMessage(error));
    if (color !== FOLDER) {
      state.set({ color: FOLDER, table: null });
      offerColors();
      await recolor();
    }
  }
}

const classOf = (label: number): string => shown?.classes[label] ?? '';
const shownColorName = (): string => colorName(state.value.color, state.value.isPredicted);

async function valuesOf(color: string, isPredicted: boolean): Promise<readonly string[]> {
  const column = columnOf(color);
  const told =
    column === undefined ? Array.from(labels, classOf) : (await request(askColumn, columnSchema, { column })).values;
  if (!isPredicted) return told;
  const checkpoint = shownCheckpoint();
  if (checkpoint === undefined || moving !== undefined) return told.map(() => '');
  const of = asClasses(told);
  const predicted = await request(askPrediction, predictedSchema, { checkpoint, labels: of.labels.buffer });
  return Array.from(new Int32Array(predicted.labels), (label) => of.classes[label] ?? '');
}

async function openTable(): Promise<void> {
  try {
    const table = await request(chooseTable, tableSchema, {});
    if (table === null) return;
    const [first] = table.columns;
    state.set({ table, ...(first !== undefined && { color: ofColumn(first) }) });
    note.textContent = table.note;
    offerColors();
    await recolor();
  } catch (error) {
    showProblem(errorMessage(error));
  }
}

/** Hidden by the legend or the filter; what is hidden is not found either. */
function showStates(): void {
  if (shown === undefined || layouts.size === 0) return;
  const { names } = shown;
  const wanted = state.value.filter.trim().toLowerCase();
  plot.setStates(
    selected,
    (image) => legend.isHidden(image) || (wanted !== '' && !(names[image] ?? '').toLowerCase().includes(wanted)),
  );
}

function showCard(): void {
  if (pointed === undefined || shown === undefined) {
    card.hide();
    return;
  }
  const meaning = coloring === undefined ? '' : l10n.t('{0}: {1}', shownColorName(), coloring.meaning(pointed));
  const thumbnail = thumbnails.get(pointed);
  if (thumbnail === undefined) thumbnails.wish('card', [pointed]);
  const { clientWidth: width, clientHeight: height } = plot.element;
  card.show({ name: shown.names[pointed] ?? '', meaning, thumbnail }, plot.whereIs(pointed), { width, height });
}

let pinnings = 0;
/** Looks at an image: which others are most like it, by its features and not by the plot. */
function pin(image: number | undefined): void {
  const mine = ++pinnings;
  state.set({ pinned: image });
  const show = (): void => {
    plot.setPinned(
      image,
      neighbors.map((one) => one.image),
    );
    const name = image === undefined ? '' : (shown?.names[image] ?? '');
    nearestList.show(l10n.t('Most like {0}', name), neighbors, neighbors.length, shown?.areFiles ?? false);
    thumbnails.wish(
      'neighbors',
      neighbors.map((one) => one.image),
    );
  };
  const checkpoint = shownCheckpoint();
  neighbors = [];
  if (image === undefined || checkpoint === undefined || shown === undefined || moving !== undefined) {
    show();
    return;
  }
  const { names } = shown;
  request(askNearest, nearestSchema, { checkpoint, image, k: NEIGHBORS })
    .then(({ images, similarities }) => {
      if (mine !== pinnings) return;
      const self = { image, name: names[image] ?? '', note: l10n.t('itself') };
      neighbors = [
        self,
        ...images.map((other, rank) => ({
          image: other,
          name: names[other] ?? '',
          note: (similarities[rank] ?? 0).toFixed(3),
        })),
      ];
      show();
    })
    .catch((error: unknown) => {
      if (mine === pinnings) showProblem(errorMessage(error));
    });
}

function showSelected(): void {
  const all = [...selected];
  state.set({ selected: all.slice(0, MOST_KEPT_SELECTED) });
  const listed = all.slice(0, MOST_LISTED).map((image) => ({
    image,
    name: shown?.names[image] ?? '',
    note: coloring?.meaning(image) ?? '',
  }));
  selectedList.show(
    l10n.t('{0} selected', all.length.toLocaleString('en')),
    listed,
    all.length,
    shown?.areFiles ?? false,
  );
  thumbnails.wish(
    'selected',
    listed.map(({ image }) => image),
  );
}

function setLasso(isOn: boolean): void {
  isLasso = isOn;
  lasso.setAttribute('aria-pressed', `${isOn}`);
  lasso.setAttribute('appearance', isOn ? 'primary' : 'secondary');
  plot.setLasso(isOn);
}

async function save(form: 'png' | 'csv' | 'projector'): Promise<void> {
  const checkpoint = shownCheckpoint();
  if (shown === undefined || checkpoint === undefined) return;
  const all = shown.names.map((_, image) => image);
  const columns = [
    ...(coloring ? [{ name: shownColorName(), values: all.map((image) => coloring?.meaning(image) ?? '') }] : []),
    { name: 'selected', values: all.map((image) => (selected.has(image) ? 'yes' : 'no')) },
  ];
  try {
    const { written } = await request(
      exportPlot,
      exportedSchema,
      form === 'png'
        ? { form, png: await plot.image() }
        : form === 'csv'
          ? { form, points: new Float32Array(plot.positions).buffer, columns }
          : { form, checkpoint, columns },
    );
    if (written !== undefined) note.textContent = l10n.t('Written: {0}', written);
  } catch (error) {
    showProblem(errorMessage(error));
  }
}

function showProblem(message: string | undefined): void {
  problem.hidden = message === undefined;
  problemText.textContent = message ?? '';
}

onThemeChange(() => void recolor());
start(pageReady);
