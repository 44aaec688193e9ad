/** A video whose first mask is carried on through all frames: the frame fills the panel, its time line is at the foot. */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './video.css';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { shownImagesSchema } from '../../src/protocol/shownImages.js';
import {
  askFrames,
  cancel,
  chooseMask,
  mask,
  maskSchema,
  pageReady,
  type Question,
  type Subject,
  savedSchema,
  saveMasks,
  segment,
  segmentedSchema,
  subject,
  subjectSchema,
  train,
} from '../../src/protocol/videoPanel.js';
import { blank } from '../shared/blank.js';
import { button, checkbox, dropdown, slider } from '../shared/controls.js';
import { drawer } from '../shared/drawer.js';
import { element, page } from '../shared/element.js';
import { onMessage, request, start, tell } from '../shared/host.js';
import { searchFrame } from '../shared/searchFrame.js';
import { onThemeChange } from '../shared/theme.js';
import { TimeLine } from '../shared/timeLine.js';
import { frameShareOf } from '../shared/timeScale.js';
import { faintFilm } from './faintFilm.js';
import { Film } from './film.js';
import { frameText, objectsText, wholeText } from './scores.js';
import { Screen } from './screen.js';
import { state } from './state.js';

/** Of a frame on the screen, in pixels. */
const FRAME_SIDE = 1024;
/** As DAVIS's videos are played. */
const FRAME_MS = 1000 / 24;
/** Pixels of the shorter side: the benchmark's first. */
const SHORT_SIDES = [480, 320, 240, 160] as const;

let current: Subject | undefined;
let place = 0;
/** The newest mask is shown until the person chooses a frame. */
let isFollowing = true;

const film = new Film(
  (frame) => request(askFrames, shownImagesSchema, { images: [frame], side: FRAME_SIDE }),
  () => current?.frames.length ?? 0,
);
const screen = new Screen(film);
const frame = searchFrame(state.value.numHeads, {
  onAsk: (checkpoint, numHeads) => {
    state.set({ checkpoint, numHeads });
    void segmentAnew();
  },
  onCancel: () => {
    state.set({ isStopped: true });
    tell(cancel, undefined);
  },
  onTrain: () => tell(train, undefined),
  working: l10n.t('Opening the network…'),
});
const [networks, ...ofNetwork] = frame.network;
frame.setFound(true);
const nothing = blank(faintFilm());
const score = element('span', { class: 'score' });
const save = button(l10n.t('Save Masks…'), () => void saveAll(), 'primary');
const sizes = dropdown(l10n.t('Shorter side seen, in pixels'), (value) => {
  state.set({ shortSide: Number(value) });
  void segmentAnew();
});
const masked = checkbox(l10n.t('Masks'), state.value.isMasked, (isMasked) => setMasked(isMasked));
const opacity = slider({
  label: l10n.t('Opacity of masks'),
  ...{ min: 0.1, max: 1, step: 0.05, value: state.value.opacity },
  show: (value) => l10n.t('{0} %', Math.round(100 * value)),
  onSlide: (value) => {
    state.set({ opacity: value });
    setMasked(true);
  },
});
const options = drawer(
  {
    label: l10n.t('Settings'),
    isOpen: state.value.isDrawerOpen,
    onToggle: (isDrawerOpen) => state.set({ isDrawerOpen }),
  },
  opacity.element,
  sizes.element,
  frame.training,
  ...ofNetwork,
  button(l10n.t('Another Mask…'), () => tell(chooseMask, undefined)),
);
const timeLine = new TimeLine({
  label: l10n.t('Frames'),
  kind: {
    shareOf: frameShareOf,
    label: (step) => `${step}`,
    stopText: ({ step }) => l10n.t('Frame {0} of {1}', step, current?.frames.length ?? 0),
    hasDots: false,
    play: l10n.t('Play the video'),
    seenMs: FRAME_MS,
  },
  onChoose: (chosen) => {
    isFollowing = false;
    return show(chosen);
  },
});
const bar = element(
  'div',
  { class: 'bar' },
  ...(networks === undefined ? [] : [networks]),
  masked,
  save,
  options.toggle,
);
frame.header.append(bar);
const foot = element('div', { class: 'foot' }, timeLine.element, score);
const view = element('div', { class: 'view' }, screen.element, nothing.element);
page().append(frame.header, ...frame.states, element('div', { class: 'body' }, view, options.element), foot);

function setMasked(isMasked: boolean): void {
  state.set({ isMasked });
  masked.checked = isMasked;
  screen.setOpacity(isMasked ? state.value.opacity : 0);
}

onMessage(subject, subjectSchema, (told) => {
  const before = frame.asked();
  const isOther = JSON.stringify([current?.shown, current?.frames]) !== JSON.stringify([told.shown, told.frames]);
  current = told;
  if (told.chosen !== state.value.chosen) state.set({ chosen: told.chosen, checkpoint: undefined });
  state.set({ shown: told.shown });
  frame.setTitle(told.title);
  const { checkpoint, chosen, shortSide } = state.value;
  frame.offer(told.networks, checkpoint ?? chosen ?? told.networks[0]?.checkpoints.at(-1)?.id);
  sizes.offer(
    [...new Set([...SHORT_SIDES, shortSide])].map((side) => ({ value: `${side}`, label: `${side}` })),
    `${shortSide}`,
  );
  if (isOther) {
    film.clear();
    place = 0;
  }
  if (isOther || before?.checkpoint !== frame.asked()?.checkpoint) void begin();
});

onMessage(mask, maskSchema, (told) => {
  film.put(told);
  save.disabled = false;
  const total = current?.frames.length ?? 0;
  frame.show({ done: film.masks, total, of: l10n.t('Frames') });
  if (isFollowing) void show(told.index);
  else if (told.index === place) showMask();
});

/** What hinders, in the place of the video: one sentence, one button. */
function hindrance(told: Subject): Parameters<typeof nothing.show> | undefined {
  if (told.problem !== undefined)
    return [told.problem, { label: l10n.t('Try Again'), act: () => tell(pageReady, undefined) }, true];
  if (!told.hasMask)
    return [
      l10n.t('Which objects are to be followed? Choose a mask of the first frame: a PNG of labels, as DAVIS has them.'),
      { label: l10n.t('Choose a Mask…'), act: () => tell(chooseMask, undefined) },
    ];
  if (frame.asked() === undefined)
    return [
      l10n.t('There is no network yet that could follow objects: train one first.'),
      { label: l10n.t('Start Training…'), act: () => tell(train, undefined) },
    ];
  return undefined;
}

async function begin(): Promise<void> {
  if (current === undefined) return;
  const hinders = hindrance(current);
  screen.element.hidden = hinders !== undefined;
  foot.hidden = hinders !== undefined;
  bar.hidden = hinders !== undefined;
  options.offer(hinders === undefined);
  if (hinders !== undefined) {
    nothing.show(...hinders);
    frame.setWorking(false);
    frame.showProblem(undefined);
    return;
  }
  nothing.hide();
  void show(place);
  if (state.value.isStopped) frame.showProblem(l10n.t('The segmentation was stopped.'), true);
  else await ask();
}

/** By another network, in another size, or once more. */
async function segmentAnew(): Promise<void> {
  state.set({ isStopped: false });
  await begin();
}

let asked = 0;
async function ask(): Promise<void> {
  const mine = ++asked;
  const of = frame.asked();
  if (of === undefined) return;
  const question: Question = { ...of, shortSide: state.value.shortSide };
  film.clearMasks();
  showMask();
  isFollowing = true;
  save.disabled = true;
  frame.say('');
  frame.showProblem(undefined);
  frame.setWorking(true);
  view.setAttribute('aria-busy', 'true');
  try {
    const answer = await request(segment, segmentedSchema, question);
    if (mine !== asked) return;
    frame.say(wholeText(answer));
  } catch (error) {
    if (mine !== asked) return;
    frame.showProblem(errorMessage(error), true);
  }
  frame.setWorking(false);
  view.setAttribute('aria-busy', 'false');
}

async function show(chosen: number): Promise<void> {
  if (current === undefined) return;
  place = chosen;
  const { frames, title } = current;
  timeLine.show({ stops: frames.map((_, at) => ({ step: at + 1 })), place, isLive: false });
  showScore();
  try {
    await screen.show(place, title, frames[place] ?? '');
  } catch (error) {
    frame.showProblem(errorMessage(error), true);
  }
}

function showMask(): void {
  screen.showMask();
  showScore();
}

function showScore(): void {
  const scores = film.scores(place);
  score.textContent = frameText(scores);
  score.title = objectsText(scores);
}

async function saveAll(): Promise<void> {
  try {
    const { folder, count } = await request(saveMasks, savedSchema, {});
    if (folder !== undefined) frame.say(l10n.t('{0} masks are saved in {1}.', count, folder));
  } catch (error) {
    frame.showProblem(errorMessage(error));
  }
}

const KEYS: Readonly<Record<string, () => void>> = {
  ' ': () => timeLine.togglePlay(),
  ArrowRight: () => timeLine.choose(place + 1),
  ArrowLeft: () => timeLine.choose(place - 1),
  Home: () => timeLine.choose(0),
  End: () => timeLine.choose(Number.POSITIVE_INFINITY),
  m: () => setMasked(!state.value.isMasked),
};
document.addEventListener('keydown', (event) => {
  // Controls have keys of their own.
  const isTaken =
    event.target instanceof HTMLElement &&
    event.target.closest('input, button, summary, [current-value], vscode-button, vscode-checkbox, vscode-dropdown');
  if (isTaken || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = KEYS[event.key];
  if (act === undefined && !screen.zoomBy(event.key)) return;
  event.preventDefault();
  act?.();
});

onThemeChange(() => screen.showMask());
setMasked(state.value.isMasked);
start(pageReady);
