/** The images of a folder that are most like one: the query, what is looked at beside it, and all that was found. */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './similar.css';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { shownImagesSchema, workProgressSchema } from '../../src/protocol/shownImages.js';
import {
  ask,
  askImages,
  askQuery,
  back,
  cancel,
  chooseFolder,
  crop,
  type Found,
  foundSchema,
  moreLike,
  open,
  pageReady,
  progress,
  queryImageSchema,
  type Subject,
  searchIn,
  subject,
  subjectSchema,
  train,
} from '../../src/protocol/similarPanel.js';
import { button, checkbox, dropdown } from '../shared/controls.js';
import { element, page } from '../shared/element.js';
import { onMessage, request, start, tell } from '../shared/host.js';
import { canvasOf } from '../shared/paintPixels.js';
import { comparedText, searchFrame } from '../shared/searchFrame.js';
import { rgbOf, ShownImages } from '../shared/shownImages.js';
import { attended } from './attention.js';
import { cropStage } from './cropStage.js';
import { copied, resultGrid } from './resultGrid.js';
import { state } from './state.js';

/** Of images in the grid, in pixels: they are sharp on a fine screen, too. */
const TILE_SIDE = 320;
/** Of the one that is looked at. */
const LARGE_SIDE = 1024;
const OTHER_FOLDER = '';

let current: Subject | undefined;
let found: Found | undefined;
let query: { readonly canvas: HTMLCanvasElement; readonly width: number; readonly height: number } | undefined;

const frame = searchFrame(state.value.numHeads, {
  onAsk: (checkpoint, numHeads) => {
    state.set({ checkpoint, numHeads });
    void find();
  },
  onCancel: () => tell(cancel, undefined),
  onTrain: () => tell(train, undefined),
});
const folders = dropdown(l10n.t('Search in'), (path) => {
  if (path === OTHER_FOLDER) tell(chooseFolder, undefined);
  else tell(searchIn, path);
});
const backButton = button(l10n.t('Back'), () => tell(back, undefined));
const attending = checkbox(l10n.t('Attention'), state.value.isAttending, (isAttending) => {
  state.set({ isAttending });
  void look();
});

const stage = cropStage((region) => tell(crop, region ?? null));
const queryName = element('span', { class: 'name' });
const whole = button(l10n.t('Whole Image'), () => tell(crop, null));
const lookedName = element('span', { class: 'name' });
const lookedDistance = element('span', { class: 'distance' });
const lookedStage = element('div', { class: 'stage' });
const act = (how: 'file' | 'attention' | 'copies') => () => {
  if (grid.selected !== undefined) tell(open, { image: grid.selected, how });
};
const openButton = button(l10n.t('Open'), act('file'));
const copiesButton = button(l10n.t('Copies'), act('copies'));
const looked = element(
  'figure',
  { class: 'selected', hidden: '' },
  lookedStage,
  element('figcaption', {}, lookedName, lookedDistance),
);
const does = element(
  'div',
  { class: 'does', role: 'group', 'aria-label': l10n.t('Selected image'), hidden: '' },
  button(l10n.t('More Like This'), () => goOn(), 'primary'),
  openButton,
  button(l10n.t('Look Inside'), act('attention')),
  copiesButton,
);
const grid = resultGrid({
  onSelect: () => void look(),
  onOpen: (image) => tell(open, { image, how: 'file' }),
  onSeen: (places) => tiles.wish(places),
});
const tiles = new ShownImages(
  (images) => request(askImages, shownImagesSchema, { images, side: TILE_SIDE }),
  (place, image) => {
    grid.put(place, image);
    if (place === grid.selected) void look();
  },
);
const large = new ShownImages(
  (images) => request(askImages, shownImagesSchema, { images, side: LARGE_SIDE }),
  (place) => {
    if (place === grid.selected) void look();
  },
);
const keys = element(
  'p',
  { class: 'note keys', hidden: '' },
  l10n.t('Arrow keys select · Enter opens · M more like this · A attention · Backspace back · drag a box on the query'),
);
const body = element(
  'div',
  { class: 'body', hidden: '' },
  element(
    'div',
    { class: 'looked' },
    element('figure', { class: 'query' }, stage.element, element('figcaption', {}, queryName, whole)),
    looked,
    does,
  ),
  grid.element,
);
page().append(
  frame.header,
  element('div', { class: 'bar' }, backButton, ...frame.network, folders.element, attending),
  ...frame.states,
  body,
  frame.nothing,
  frame.training,
  keys,
);

document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLElement && event.target.matches('input, vscode-dropdown');
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const does: Readonly<Record<string, () => void>> = {
    m: goOn,
    a: () => {
      attending.checked = !state.value.isAttending;
      state.set({ isAttending: attending.checked });
      void look();
    },
    Backspace: () => {
      if (current?.canGoBack) tell(back, undefined);
    },
  };
  const act = does[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});

onMessage(progress, workProgressSchema, (told) => frame.show(told));

onMessage(subject, subjectSchema, (told) => {
  const imageBefore = queriedImage();
  const isOther = (before: Subject) =>
    JSON.stringify([before.query, before.folder, before.version]) !==
    JSON.stringify([told.query, told.folder, told.version]);
  const before = frame.asked();
  const wasOther = current === undefined || isOther(current);
  current = told;
  if (told.chosen !== state.value.chosen) state.set({ chosen: told.chosen, checkpoint: undefined });
  state.set({ query: told.query, folder: told.folder });
  frame.setTitle(told.query.region ? l10n.t('A part of {0}', told.query.name) : told.query.name);
  queryName.textContent = told.query.name;
  backButton.hidden = !told.canGoBack;
  whole.hidden = told.query.region === undefined;
  folders.offer(
    [
      ...told.folders.map(({ path, label }) => ({ value: path, label })),
      { value: OTHER_FOLDER, label: l10n.t('Another folder…') },
    ],
    told.folder,
  );
  const { checkpoint, chosen } = state.value;
  frame.offer(told.networks, checkpoint ?? chosen ?? told.networks[0]?.checkpoints.at(-1)?.id);
  if (queriedImage() !== imageBefore) query = undefined;
  if (wasOther || before?.checkpoint !== frame.asked()?.checkpoint) void find();
});

let asked = 0;
async function find(): Promise<void> {
  const mine = ++asked;
  const question = frame.asked();
  void showQuery();
  if (question === undefined) {
    forget();
    frame.showNoNetwork();
    return;
  }
  frame.showProblem(undefined);
  setWorking(true);
  try {
    const answer = await request(ask, foundSchema, question);
    if (mine !== asked) return;
    show(answer);
  } catch (error) {
    if (mine !== asked) return;
    frame.showProblem(errorMessage(error), true);
  }
  setWorking(false);
}

function setWorking(isWorking: boolean): void {
  frame.setWorking(isWorking);
  grid.element.setAttribute('aria-busy', `${isWorking}`);
}

function setFound(isFound: boolean): void {
  frame.setFound(isFound);
  keys.hidden = !isFound;
  body.hidden = !isFound;
}

/** What a network found goes with it. */
function forget(): void {
  found = undefined;
  clearImages();
  grid.show([]);
  frame.say('');
  setWorking(false);
  setFound(false);
}

function clearImages(): void {
  tiles.clear();
  large.clear();
  looks.clear();
}

function show(answer: Found): void {
  found = answer;
  clearImages();
  const how = answer.isApproximate ? ` ${l10n.t('Searched by a graph of near neighbors.')}` : '';
  frame.say(comparedText(answer) + how);
  setFound(true);
  looked.hidden = answer.found.length === 0;
  does.hidden = looked.hidden;
  openButton.hidden = !answer.areFiles;
  copiesButton.hidden = !answer.areFiles;
  grid.show(answer.found);
}

/** Each message brings another object for the same query. */
const queriedImage = (): string => JSON.stringify([current?.query.image, current?.version]);

async function showQuery(): Promise<void> {
  const of = queriedImage();
  try {
    if (query === undefined) {
      const { width, height, shown } = await request(askQuery, queryImageSchema, {});
      if (of !== queriedImage()) return;
      query = { canvas: canvasOf(rgbOf(shown)), width, height };
    }
    void look();
  } catch (error) {
    if (of === queriedImage()) frame.showProblem(errorMessage(error), true);
  }
}

/** By question. */
const looks = new Map<string, Promise<HTMLCanvasElement>>();
function attendedOnce(image?: number): Promise<HTMLCanvasElement> | undefined {
  const question = frame.asked();
  if (question === undefined) return undefined;
  const whole = { ...question, ...(image !== undefined && { image }) };
  const key = JSON.stringify([whole, current?.query.region]);
  const known = looks.get(key) ?? attended(whole);
  looks.set(key, known);
  known.catch(() => looks.delete(key));
  return known;
}

let looking = 0;
/** Draws the query and the selected image, as they are or as the network sees them. */
async function look(): Promise<void> {
  const mine = ++looking;
  const place = grid.selected;
  if (query !== undefined) stage.show(query.canvas, query, current?.query.region);
  const one = place === undefined ? undefined : found?.found[place];
  if (place !== undefined && one !== undefined) {
    lookedName.textContent = one.name;
    lookedDistance.textContent = l10n.t('distance {0}', one.distance.toFixed(3));
    const image = large.get(place) ?? tiles.get(place);
    if (image === undefined) lookedStage.replaceChildren();
    else lookedStage.replaceChildren(typeof image === 'string' ? element('p', {}, image) : copied(image.canvas));
    large.wish([place]);
  }
  if (!state.value.isAttending || place === undefined) return;
  try {
    const [ofQuery, ofSelected] = await Promise.all([attendedOnce(), attendedOnce(place)]);
    if (mine !== looking || query === undefined || ofQuery === undefined || ofSelected === undefined) return;
    // Attention to a part covers that part alone.
    const region = current?.query.region;
    stage.show(region ? within(query, ofQuery, region) : ofQuery, query, region);
    lookedStage.replaceChildren(ofSelected);
    frame.showProblem(undefined);
  } catch (error) {
    if (mine === looking) frame.showProblem(errorMessage(error));
  }
}

function within(
  { canvas, width, height }: NonNullable<typeof query>,
  part: HTMLCanvasElement,
  region: NonNullable<Subject['query']['region']>,
): HTMLCanvasElement {
  const whole = copied(canvas);
  const [across, down] = [canvas.width / width, canvas.height / height];
  const context = whole.getContext('2d');
  context?.drawImage(part, region.left * across, region.top * down, region.width * across, region.height * down);
  return whole;
}

function goOn(): void {
  if (grid.selected !== undefined && found?.found[grid.selected] !== undefined) tell(moreLike, grid.selected);
}

start(pageReady);
