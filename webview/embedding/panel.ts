/** The parts of the page, and what they do to each other. */
import * as l10n from '@vscode/l10n';
import { askThumbnails, copyPaths, open, point } from '../../src/protocol/embeddingPanel.js';
import { thumbnailsSchema } from '../../src/protocol/thumbnails.js';
import { blank } from '../shared/blank.js';
import { checkbox, iconButton } from '../shared/controls.js';
import { drawer } from '../shared/drawer.js';
import { element } from '../shared/element.js';
import { request, tell } from '../shared/host.js';
import { onThemeChange } from '../shared/theme.js';
import { THUMBNAIL_SIDE, Thumbnails } from '../shared/thumbnails.js';
import { Alike } from './alike.js';
import { createCard } from './card.js';
import { CheckpointSlider } from './checkpointSlider.js';
import { ChoiceOptions } from './choiceOptions.js';
import { Colors, shownColorName } from './colors.js';
import { createFrame, createToolButtons, faintPlot } from './frame.js';
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

export const title = element('h1');
const note = element('p', { class: 'note', role: 'status' });
const problemText = element('span');
const problem = element(
  'div',
  { class: 'problem', role: 'alert', hidden: '' },
  problemText,
  iconButton(l10n.t('Close'), 'close', () => showProblem(undefined)),
);
export const nothing = blank(faintPlot());
export const workBar = createWorkBar();
const card = createCard();

export const thumbnails = new Thumbnails(
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
export const plot = new Plot(thumbnails, {
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
  onView: (view, covered) => state.set({ view, covered }),
});
plot.setThumbnails(state.value.hasThumbnails);
if (state.value.view) plot.show(state.value.view, state.value.covered);

const stripEvents = {
  onPoint: (image: number | undefined) => plot.setPointed(image),
  onOpen: (image: number, how: 'file' | 'attention' | 'similar') => tell(open, { image, how }),
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
export const alike = new Alike(plot, alikeStrip, showProblem);
export const selection = new Selection(selectedStrip);
export const options = new ChoiceOptions(state.value.choice);
const legend = createLegend(showStates);
export const colors = new Colors({
  onColoring(coloring) {
    plot.setColoring(coloring);
    legend.show(shownColorName(), coloring.legend);
    showStates();
  },
  onNote: say,
  onProblem: showProblem,
});
export const steps = new CheckpointSlider(plot, () => {
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
const settings = drawer(
  {
    label: l10n.t('Options'),
    icon: 'options',
    isOpen: state.value.isDrawerOpen,
    onToggle: (isDrawerOpen) => state.set({ isDrawerOpen }),
  },
  ...options.elements,
  ...colors.elements,
  checkbox(l10n.t('Thumbnails'), state.value.hasThumbnails, (hasThumbnails) => {
    state.set({ hasThumbnails });
    plot.setThumbnails(hasThumbnails);
  }),
  savingButtons(plot, selection, { onNote: say, onProblem: showProblem }),
);
settings.element.classList.add('float');
const fit = iconButton(l10n.t('Show all (0)'), 'fit', () => plot.fit());
const onPlot = [colors.chip, search.element, ...tools.elements, fit];
for (const control of onPlot) control.classList.add('needs-plot');
export const frame = createFrame({
  plot: plot.element,
  card: card.element,
  bar: [options.chip, ...onPlot, settings.toggle],
  legend: legend.element,
  drawer: settings.element,
  strips: [alikeStrip.element, selectedStrip.element],
  problem,
  blank: nothing.element,
  work: workBar.element,
  foot: [note, steps.element],
  onCovered: (covered) => plot.setCovered(covered),
});
document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLInputElement && event.target.type !== 'range';
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  search.focus();
});

function matches(): ReadonlySet<number> | undefined {
  const { coloring } = shown;
  const labelOf = (image: number): string => `${shown.classOf(image)}\n${coloring?.meaning(image) ?? ''}`;
  return matchesOf(shown.images?.names ?? [], labelOf, state.value.search);
}

/** What the legend hides is not found either; what a search finds lights up. */
export function showStates(): void {
  if (shown.images === undefined || plot.positions.length === 0) return;
  const found = matches();
  plot.setStates(selection.images, (image) => legend.isHidden(image), found);
  search.tell(found?.size, shown.count);
}

export function select(images: readonly number[], isAdded: boolean): void {
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

export function say(sentence: string): void {
  note.textContent = sentence;
}

export function showProblem(sentence: string | undefined): void {
  problem.hidden = sentence === undefined;
  problemText.textContent = sentence ?? '';
}

onThemeChange(() => {
  plot.changeTheme();
  void colors.recolor();
});
