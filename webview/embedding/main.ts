/** Images in the plane, near to each other where a network finds them alike. */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './embedding.css';
import {
  askThumbnails,
  begin,
  type Choice,
  copyPaths,
  images as imagesMessage,
  imagesSchema,
  layout,
  layoutSchema,
  open,
  pageReady,
  point,
  progress as progressMessage,
  progressSchema,
  type Subject,
  subject,
  subjectSchema,
  train,
} from '../../src/protocol/embeddingPanel.js';
import { thumbnailsSchema } from '../../src/protocol/thumbnails.js';
import { blank } from '../shared/blank.js';
import { checkbox, iconButton } from '../shared/controls.js';
import { element, page } from '../shared/element.js';
import { onMessage, request, start, tell } from '../shared/host.js';
import { onThemeChange } from '../shared/theme.js';
import { THUMBNAIL_SIDE, Thumbnails } from '../shared/thumbnails.js';
import { Alike } from './alike.js';
import { createCard } from './card.js';
import { CheckpointSlider } from './checkpointSlider.js';
import { ChoiceOptions } from './choiceOptions.js';
import { Colors, shownColorName } from './colors.js';
import { createDrawer, createFrame, createToolButtons, faintPlot } from './frame.js';
import { fitted } from './geometry.js';
import { ImageStrip } from './imageStrip.js';
import { createLegend } from './legend.js';
import { Plot } from './plot.js';
import { savingButtons } from './saving.js';
import { matchesOf } from './search.js';
import { createSearchField } from './searchField.js';
import { Selection } from './selection.js';
import { shown } from './shown.js';
import { state } from './state.js';
import { createWorkBar } from './workBar.js';

/** The pointer rests on an image before attention is computed for it. */
const POINT_REST_MS = 150;

const title = element('h1');
const note = element('p', { class: 'note', role: 'status' });
const problemText = element('span');
const problem = element(
  'div',
  { class: 'problem', role: 'alert', hidden: '' },
  problemText,
  iconButton(l10n.t('Close'), 'close', () => showProblem(undefined)),
);
const nothing = blank(faintPlot());
const workBar = createWorkBar();
const card = createCard();

const thumbnails = new Thumbnails(
  async (wanted) => {
    const asked = { images: wanted, side: THUMBNAIL_SIDE };
    const { pixels, unreadable } = await request(askThumbnails, thumbnailsSchema, asked);
    return { pixels: new Uint8Array(pixels), unreadable };
  },
  () => {
    plot.redraw();
    for (const strip of [alikeStrip, selectedStrip]) strip.refresh();
    showCard();
  },
  showProblem,
);
let pointed: number | undefined;
let pointTimer: number | undefined;
const plot = new Plot(thumbnails, {
  onPoint(image) {
    pointed = image;
    showCard();
    clearTimeout(pointTimer);
    if (image !== undefined) pointTimer = setTimeout(() => tell(point, image), POINT_REST_MS);
  },
  onPin: (image) => void alike.pin(image),
  onSelect(images, isAdded) {
    tools.set('pan');
    select(images, isAdded);
  },
  onLetGo() {
    tools.set('pan');
    void alike.pin(undefined);
    select([], false);
  },
  onSearch: () => search.focus(),
  onView: (view) => state.set({ view }),
});
plot.setThumbnails(state.value.hasThumbnails);
if (state.value.view) plot.show(state.value.view);

const stripEvents = {
  onPoint: (image: number | undefined) => plot.setPointed(image),
  onOpen: (image: number, how: 'file' | 'attention') => tell(open, { image, how }),
  onCopy: (images: readonly number[]) => tell(copyPaths, [...images]),
};
const alikeStrip = new ImageStrip(l10n.t('Nearest neighbors'), thumbnails, {
  ...stripEvents,
  onClose: () => void alike.pin(undefined),
});
const selectedStrip = new ImageStrip(l10n.t('Selected images'), thumbnails, {
  ...stripEvents,
  onClose: () => select([], false),
});
const alike = new Alike(plot, alikeStrip, showProblem);
const selection = new Selection(selectedStrip);
const options = new ChoiceOptions(state.value.choice, beginAnew);
const legend = createLegend(showStates);
const colors = new Colors({
  onColoring(coloring) {
    plot.setColoring(coloring);
    legend.show(shownColorName(), coloring.legend);
    showStates();
  },
  onNote: say,
  onProblem: showProblem,
});
const steps = new CheckpointSlider(plot, () => {
  if (state.value.isPredicted) void colors.recolor();
});
const tools = createToolButtons((tool) => plot.setTool(tool));
const search = createSearchField(state.value.search, {
  onType(text) {
    state.set({ search: text });
    showStates();
  },
  onEnter: () => select([...(matches() ?? [])], false),
  onLeave: () => plot.element.focus(),
});
const { drawer, toggle } = createDrawer([
  ...options.elements,
  ...colors.elements,
  checkbox(l10n.t('Thumbnails'), state.value.hasThumbnails, (hasThumbnails) => {
    state.set({ hasThumbnails });
    plot.setThumbnails(hasThumbnails);
  }),
  savingButtons(plot, selection, { onNote: say, onProblem: showProblem }),
]);
const fit = iconButton(l10n.t('Show all (0)'), 'fit', () => plot.fit());
const onPlot = [colors.chip, search.element, ...tools.elements, fit];
for (const control of onPlot) control.classList.add('needs-plot');
const frame = createFrame({
  plot: plot.element,
  card: card.element,
  bar: [options.chip, ...onPlot, toggle],
  legend: legend.element,
  drawer,
  strips: [alikeStrip.element, selectedStrip.element],
  problem,
  blank: nothing.element,
  work: workBar.element,
  foot: [note, steps.element],
});
page().append(title, ...frame.elements);
frame.show(false);

document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLInputElement && event.target.type !== 'range';
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  search.focus();
});

/** Once: what a person has cancelled does not start again by itself. */
let hasStarted = false;
onMessage(subject, subjectSchema, (told) => {
  shown.subject = told;
  title.textContent = told.title;
  state.set({ shown: told.shown });
  options.offer(told.networks, told.begun?.network ?? told.proposed);
  if (told.begun !== undefined) hasStarted = true;
  else if (told.networks.length > 0 && !hasStarted) startPlot(state.value.visited);
  else if (told.networks.length === 0) showNoNetwork();
  if (isNetworkGone(told))
    showProblem(l10n.t('The network of this plot no longer exists: the plot stays, but nothing new can be computed.'));
  steps.refresh();
});

const isNetworkGone = ({ begun, networks }: Subject): boolean =>
  begun !== undefined && shown.layouts.size > 0 && networks.every(({ id }) => id !== begun.network);

function showNoNetwork(): void {
  nothing.show(l10n.t('A map needs a network that looks at the images, and there is none yet.'), {
    label: l10n.t('Start Training…'),
    act: () => tell(train, undefined),
  });
}

/** @param visited checkpoints to lay out first; none: the newest one */
function startPlot(visited: readonly string[]): void {
  hasStarted = true;
  const { choice } = options;
  state.set({ choice });
  nothing.hide();
  showProblem(undefined);
  tell(begin, { choice, ...(visited.length > 0 && { visited: [...visited] }) });
}

/** The plot that is there stays until the other one comes. */
function beginAnew(choice: Choice): void {
  const areOthers = choice.mostImages !== state.value.choice.mostImages;
  state.set({ visited: [], place: undefined, ...(areOthers && { selected: [], pinned: undefined }) });
  shown.layouts.clear();
  if (areOthers) forgetImages();
  startPlot([]);
}

/** Those that come are other ones. */
function forgetImages(): void {
  thumbnails.clear();
  shown.images = undefined;
  void alike.pin(undefined);
  select([], false);
}

onMessage(imagesMessage, imagesSchema, (told) => {
  if (shown.images !== undefined && shown.count !== told.names.length) forgetImages();
  shown.images = told;
  shown.labels = new Int32Array(told.labels);
  selection.keepBelow(shown.count);
  const counted = shown.count === 1 ? l10n.t('1 image.') : l10n.t('{0} images.', shown.count.toLocaleString('en'));
  say([counted, ...told.notes].join(' '));
  colors.offer();
  void colors.recolor();
});

onMessage(layout, layoutSchema, ({ checkpoint, points, isDone }) => {
  if (points.byteLength !== 8 * shown.count) return;
  const positions = fitted(new Float32Array(points));
  const isFirst = shown.layouts.size === 0;
  shown.moving = isDone ? undefined : checkpoint;
  shown.layouts.set(checkpoint, positions);
  frame.show(true);
  nothing.hide();
  moveTo(checkpoint, positions, isDone, isFirst);
  steps.refresh();
  showStates();
  if (isFirst) selection.show();
  if (!isDone) return;
  const { visited, isPredicted, pinned } = state.value;
  if (!visited.includes(checkpoint)) state.set({ visited: [...visited, checkpoint] });
  if (isPredicted) void colors.recolor();
  if (pinned !== undefined) void alike.pin(pinned);
});

/** While all are computed one after the other, each is shown as it comes. */
function moveTo(checkpoint: string, positions: Float32Array, isDone: boolean, isFirst: boolean): void {
  const index = Math.max(
    0,
    shown.checkpoints.findIndex(({ id }) => id === checkpoint),
  );
  const { place } = state.value;
  const isThere = place !== undefined && Math.round(place) === index;
  if (place === undefined || !isDone || isThere) {
    if (!isThere && (place === undefined || !isDone)) state.set({ place: index });
    plot.move(positions, isDone && !isFirst && place !== undefined && !isThere, !isDone);
  }
  if (isDone) steps.showPlace();
}

onMessage(progressMessage, progressSchema, (told) => {
  workBar.show(told, (checkpoint) => shown.checkpoints.find(({ id }) => id === checkpoint)?.label);
  const isWorking = told.phase !== 'idle' && told.phase !== 'failed';
  if (!isWorking) shown.moving = undefined;
  if (isWorking) showProblem(undefined);
  const again = { label: l10n.t('Start Again'), act: () => startPlot(state.value.visited) };
  const hasPlot = plot.positions.length > 0;
  if (told.phase === 'failed' && hasPlot) showProblem(told.message);
  else if (told.phase === 'failed') nothing.show(told.message, again, true);
  else if (told.phase === 'idle' && !hasPlot && shown.subject?.begun !== undefined)
    nothing.show(l10n.t('The plot was cancelled.'), again);
  else if (isWorking && !hasPlot) nothing.show(l10n.t('The images are being laid out.'));
});

function matches(): ReadonlySet<number> | undefined {
  const { coloring } = shown;
  const labelOf = (image: number): string => `${shown.classOf(image)}\n${coloring?.meaning(image) ?? ''}`;
  return matchesOf(shown.images?.names ?? [], labelOf, state.value.search);
}

/** What the legend hides is not found either; what a search finds lights up. */
function showStates(): void {
  if (shown.images === undefined || plot.positions.length === 0) return;
  const found = matches();
  plot.setStates(selection.images, (image) => legend.isHidden(image), found);
  search.tell(found?.size, shown.count);
}

function select(images: readonly number[], isAdded: boolean): void {
  selection.take(images, isAdded);
  showStates();
}

function showCard(): void {
  if (pointed === undefined || shown.images === undefined) {
    card.hide();
    return;
  }
  const { coloring } = shown;
  const meaning = coloring === undefined ? '' : l10n.t('{0}: {1}', shownColorName(), coloring.meaning(pointed));
  const thumbnail = thumbnails.get(pointed);
  if (thumbnail === undefined) thumbnails.wish('card', [pointed]);
  card.show({ name: shown.nameOf(pointed), meaning, thumbnail }, plot.whereIs(pointed), plot.size);
}

function say(sentence: string): void {
  note.textContent = sentence;
}

function showProblem(sentence: string | undefined): void {
  problem.hidden = sentence === undefined;
  problemText.textContent = sentence ?? '';
}

onThemeChange(() => {
  plot.changeTheme();
  void colors.recolor();
});
start(pageReady);
