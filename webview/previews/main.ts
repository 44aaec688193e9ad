/** The crops that the settings make of an image, or that a run makes of the batch it trains on. */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './previews.css';
import { z } from 'zod';
import { errorCodeOf } from '../../src/errors/codedError.js';
import { errorMessage } from '../../src/errors/errorMessage.js';
import {
  askCrops,
  askImage,
  askMasks,
  askThumbnails,
  type CropChange,
  type CropSettings,
  chooseSource,
  cropChangeSchema,
  cropSettingsSchema,
  cropsSchema,
  follow,
  imageSchema,
  type Masks,
  masksSchema,
  pageReady,
  previewsStateSchema,
  type Subject,
  showAttention,
  subject,
  subjectSchema,
  usedSchema,
  useSettings,
} from '../../src/protocol/previews.js';
import { thumbnailsSchema } from '../../src/protocol/thumbnails.js';
import { blank } from '../shared/blank.js';
import { button, checkbox, dropdown } from '../shared/controls.js';
import { drawer } from '../shared/drawer.js';
import { element, page } from '../shared/element.js';
import { onMessage, PersistedState, request, start, tell } from '../shared/host.js';
import { NewestOnly } from '../shared/newestOnly.js';
import { THUMBNAIL_SIDE } from '../shared/thumbnails.js';
import { masksOf, masksView } from './batchMasks.js';
import { batchStrip } from './batchStrip.js';
import { faintCrops } from './faintCrops.js';
import { CropScene, type PinnedCrop } from './scene.js';
import { CropSliders } from './sliders.js';

const stateSchema = previewsStateSchema.extend({
  /** What differs from the settings that the host told. */
  changed: cropChangeSchema,
  /** Counts the shuffles. */
  draw: z.int().min(0),
  /** Of the image in its batch. */
  place: z.int().min(0),
  follows: z.boolean(),
  isDrawerOpen: z.boolean(),
});
const state = new PersistedState(stateSchema, {
  shown: { kind: 'image', path: '' },
  source: '',
  changed: {},
  draw: 0,
  place: 0,
  follows: true,
  isDrawerOpen: false,
});

let current: Subject | undefined;

const title = element('h1');
const note = element('p', { class: 'note', role: 'status' });
/** What could not be done; the crops stay. */
const problem = element('div', { class: 'problem', role: 'alert', hidden: '' });
/** In the place of the crops. */
const nothing = blank(faintCrops());
nothing.show(l10n.t('Cutting the crops…'));
const sources = dropdown(l10n.t('Settings from'), (id) => tell(chooseSource, id));
const batch = batchStrip(
  async (wanted) => {
    const { pixels, unreadable: named } = await request(askThumbnails, thumbnailsSchema, {
      images: wanted,
      side: THUMBNAIL_SIDE,
    });
    return { pixels: new Uint8Array(pixels), unreadable: named };
  },
  (place) => {
    state.set({ place });
    void lookAnew();
  },
  (sentence) => {
    note.textContent = sentence;
  },
);
const following = checkbox(l10n.t('Follow the run'), state.value.follows, (follows) => {
  state.set({ follows });
  tell(follow, follows);
});
const shuffle = button(l10n.t('Shuffle'), () => {
  state.set({ draw: state.value.draw + 1 });
  void cut();
});
const reset = button(l10n.t('Reset'), () => {
  changeTo({});
  void cut();
});
const use = button(l10n.t('Use These Settings…'), () => void useThem(), 'primary');
const sliders = new CropSliders((change) => {
  changeTo({ ...state.value.changed, ...change }, false);
  void cut();
});
let pinned: PinnedCrop | undefined;
const attention = button(l10n.t('Show Attention'), () => tell(showAttention, pinned ? { crop: pinned.index } : {}));
const scene = new CropScene((crop) => {
  pinned = crop;
  attention.textContent = crop ? l10n.t('Show Attention in {0}', crop.name) : l10n.t('Show Attention');
});
scene.element.hidden = true;

let ofBatch: Masks | undefined;
const masks = masksView(
  (question) => request(askMasks, masksSchema, question),
  (told) => {
    ofBatch = told;
    batch.showMasks(told);
    showMasks();
  },
  errorMessage,
);
function showMasks(): void {
  scene.showMasks(ofBatch ? masksOf(ofBatch, state.value.place) : []);
}

/** What is tried now and then, and what is done with it. */
const tried = drawer(
  {
    label: l10n.t('Settings'),
    isOpen: state.value.isDrawerOpen,
    onToggle: (isDrawerOpen) => state.set({ isDrawerOpen }),
  },
  sources.element,
  sliders.element,
  element('div', { class: 'does' }, reset, use),
);
const bar = element('div', { class: 'bar', hidden: '' }, following, shuffle, attention, tried.toggle);
tried.offer(false);

page().append(
  element('header', {}, title, note, bar),
  batch.element,
  masks.element,
  element(
    'div',
    { class: 'body' },
    element('div', { class: 'view' }, problem, nothing.element, scene.element),
    tried.element,
  ),
);

onMessage(subject, subjectSchema, (told) => {
  const { source, place } = state.value;
  current = told;
  state.set({
    shown: told.shown,
    source: told.source,
    // Other settings are there to be seen as they are.
    ...(source !== '' && source !== told.source && { changed: {} }),
    ...(place >= told.images.length && { place: 0 }),
  });
  title.textContent = told.title;
  title.title = told.title;
  bar.hidden = false;
  tried.offer(true);
  sources.offer(
    told.sources.map(({ id, label }) => ({ value: id, label })),
    told.source,
  );
  const isRun = told.shown.kind === 'run';
  batch.show(isRun ? told.images.map(({ name }) => name) : [], state.value.place);
  sliders.offerMasks(told.masks !== 'none');
  sources.element.hidden = isRun;
  shuffle.hidden = isRun;
  following.hidden = !(told.batch?.isLive ?? false);
  changeTo(state.value.changed);
  void lookAnew();
});

const settings = (told: Subject): CropSettings =>
  cropSettingsSchema.parse({ ...told.settings, ...state.value.changed });

/** @param movesSliders not while one is being dragged */
function changeTo(wanted: CropChange, movesSliders = true): void {
  if (current === undefined) return;
  const told = current.settings;
  const isOther = ([key, value]: [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(told[key as keyof CropSettings]);
  const changed: CropChange = Object.fromEntries(Object.entries(wanted).filter(isOther));
  state.set({ changed });
  if (movesSliders) sliders.set(settings(current), current.sizeStep);
  const isChanged = Object.keys(changed).length > 0;
  reset.toggleAttribute('disabled', !isChanged);
  note.textContent = noteOf(current, isChanged);
}

function noteOf({ shown, batch, images: batchImages }: Subject, isChanged: boolean): string {
  if (shown.kind === 'image') return isChanged ? l10n.t('With changed settings.') : '';
  if (batch === undefined) return '';
  const { step, epoch, iteration, batchesPerEpoch, isLive } = batch;
  const words = [
    isLive ? l10n.t('Being trained on: step {0}', step) : l10n.t('Trained on last: step {0}', step),
    l10n.t('epoch {0}, batch {1} of {2}', epoch + 1, iteration + 1, batchesPerEpoch),
    batchImages.length === 1 ? l10n.t('1 image') : l10n.t('{0} images', batchImages.length),
  ];
  if (isChanged) words.push(l10n.t('with changed settings, so not as trained'));
  return words.join(' · ');
}

async function lookAnew(): Promise<void> {
  const asked = current;
  if (asked === undefined) return;
  if (asked.problem !== undefined) {
    showNothing(asked.problem);
    return;
  }
  const { place } = state.value;
  // Another image may be wanted by the time that this one comes.
  const isLate = () => asked !== current || place !== state.value.place;
  try {
    const { width, height, pixels } = await request(askImage, imageSchema, { image: place });
    if (isLate()) return;
    scene.showImage({ width, height, data: new Uint8Array(pixels) }, asked.images[place]?.name ?? '');
  } catch (error) {
    if (!isLate()) showNothing(unreadable(error));
    return;
  }
  await cut();
}

const cutting = new NewestOnly(cutOnce);
const masking = new NewestOnly(maskOnce);
const cut = async (): Promise<void> => {
  await Promise.all([cutting.ask(), masking.ask()]);
};

async function maskOnce(): Promise<void> {
  if (current === undefined) return;
  const step = current.batch ? current.batch.step - 1 : state.value.draw;
  await masks.show(current, settings(current), step);
}

async function cutOnce(): Promise<void> {
  const asked = current;
  if (asked === undefined || asked.problem !== undefined) return;
  const { place, draw } = state.value;
  const epoch = asked.batch?.epoch ?? draw;
  try {
    const crops = await request(askCrops, cropsSchema, { image: place, settings: settings(asked), epoch });
    // The batch may be another one by now, or another image of it be looked at.
    if (asked !== current || place !== state.value.place) return;
    showProblem(undefined);
    nothing.hide();
    scene.showCrops(crops);
    showMasks();
    scene.element.hidden = false;
  } catch (error) {
    if (asked === current) showNothing(unreadable(error));
  }
}

const unreadable = (error: unknown): string => {
  const message = errorMessage(error);
  return current?.shown.kind === 'run' && errorCodeOf(error) === 'item-unreadable'
    ? l10n.t('{0} In training the next image of the epoch takes its place.', message)
    : message;
};

function showNothing(sentence: string): void {
  showProblem(undefined);
  scene.element.hidden = true;
  // The host looks at the image and at the run again.
  nothing.show(sentence, { label: l10n.t('Try Again'), act: () => tell(pageReady, undefined) }, true);
}

function showProblem(message: string | undefined): void {
  problem.hidden = message === undefined;
  problem.textContent = message ?? '';
}

async function useThem(): Promise<void> {
  if (current === undefined) return;
  try {
    const isWritten = await request(useSettings, usedSchema, settings(current));
    // They are those of the file now.
    if (isWritten && current.shown.kind === 'image') changeTo({});
  } catch (error) {
    showProblem(errorMessage(error));
  }
}

start(pageReady);
if (!state.value.follows) tell(follow, false);
