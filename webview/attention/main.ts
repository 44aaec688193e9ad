/**
 * What a network attends to in an image: each head, and the mean of all, over the image, for the patch under the pointer. Of a network
 * without attention: the activations of its last stage.
 */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './attention.css';
import { errorCodeOf } from '../../src/errors/codedError.js';
import { errorMessage } from '../../src/errors/errorMessage.js';
import {
  chooseFile,
  follow,
  pageReady,
  type Question,
  type Subject,
  subject,
  subjectSchema,
} from '../../src/protocol/attentionPanel.js';
import { type BlankAction, blank } from '../shared/blank.js';
import { type CheckpointPicker, checkpointPicker } from '../shared/checkpointPicker.js';
import { button, checkbox, progressRing } from '../shared/controls.js';
import { drawer } from '../shared/drawer.js';
import { element, page } from '../shared/element.js';
import { hint } from '../shared/hint.js';
import { onMessage, start, tell } from '../shared/host.js';
import { NewestOnly } from '../shared/newestOnly.js';
import { type View, WHOLE } from '../shared/view.js';
import { askedOf } from './askedOf.js';
import { BesideStage } from './besideStage.js';
import { drawnAs } from './drawnAs.js';
import { faintPatches } from './faintPatches.js';
import { headTiles } from './headTiles.js';
import { mapFileName } from './imageName.js';
import { lookControls } from './lookControls.js';
import { insightLooks, patchesLooks, shownSize } from './looks.js';
import { besidePainter } from './patchesPainter.js';
import type { Place } from './place.js';
import { givingButtons, type Painting } from './saveImage.js';
import { attentive, type Paint, type PaintedAs, painter, queryIn, type Seen, type Views } from './sides.js';
import { Stage } from './stage.js';
import { state } from './state.js';
import { canvasText, networkText, queryText, withoutAttentionText } from './words.js';

/** What takes less is not worth a sign of waiting, which would flicker while a slider is dragged. */
const SIGN_OF_WAITING_MS = 300;

let current: Subject | undefined;
/** What has happened to what was shown, until another checkpoint is chosen. */
let notice = '';
const looks = insightLooks();
const patches = patchesLooks();
let shown: Views | undefined;

const title = element('h1');
const note = element('p', { class: 'note', role: 'status' });
/** Says what is shown in place of attention. */
const substitute = element('p', { class: 'substitute', role: 'status', hidden: '' });
/** What could not be done with the image that is shown. */
const problem = element('div', { class: 'problem', role: 'alert', hidden: '' });
const nothing = blank(faintPatches());
nothing.hide();
const waitingWords = (): string =>
  state.value.look === 'patches' ? l10n.t('Computing the patch features…') : l10n.t('Computing the attention…');
const waitingLine = element('span');
const waiting = element('div', { class: 'waiting', hidden: '' }, progressRing(l10n.t('Computing')), waitingLine);
const image = new Stage({
  grid: () => shown?.left ?? { rows: 1, columns: 1 },
  pinned: () => state.value.pinned,
  wipe: () => state.value.wipe,
  onPoint: () => {
    if (state.value.pinned === undefined) repaint();
  },
  onPin: (pinned) => repaintWith({ pinned }),
  onWipe: (wipe) => repaintWith({ wipe }),
  onResize: () => repaint(),
  onView: () => repaint(),
  onRest: (view) => state.set({ view }),
});
if (state.value.view) image.show(state.value.view);
const second = new BesideStage(() => repaint());
const queryLine = element('p', { class: 'query', 'aria-live': 'polite' });
const tiles = headTiles((head) => repaintWith({ head }));
/** The image as large as there is room for, and a strip of its heads. */
const result = element(
  'div',
  { class: 'result', hidden: '' },
  element('div', { class: 'rooms' }, element('div', { class: 'room' }, image.element), second.element),
  tiles.element,
);

const chooseLeft = (): Promise<void> => {
  const { source, isLatest, chosen } = left;
  // The newest of a run is followed while it trains.
  if (isLatest && source?.isFile === false) state.set({ checkpoint: undefined, followed: source.id });
  else state.set({ checkpoint: chosen, followed: undefined });
  return lookElsewhere();
};
const chooseRight = (): Promise<void> => {
  state.set({ compared: right.chosen });
  return lookElsewhere();
};
const left = checkpointPicker(l10n.t('Network'), chooseLeft, true);
const right = checkpointPicker(l10n.t('Compared with'), chooseRight, false);
const comparing = checkbox(l10n.t('Compare'), state.value.isComparing, (isComparing) => {
  state.set({ isComparing });
  offerCheckpoints();
  void lookElsewhere();
});
const following = checkbox(l10n.t('Follow the active image'), state.value.follows, (follows) => {
  if (follows === state.value.follows) return;
  state.set({ follows });
  tell(follow, follows);
});
const lookedAt = lookControls(
  () => {
    showControls();
    void lookElsewhere();
  },
  () => repaint(),
);
const asked = askedOf(() => void look());
const drawn = drawnAs(() => repaint());
const giving = givingButtons({
  painting: () => shown && paintingOf(shown),
  name: fileName,
  onDone: say,
  onProblem(sentence) {
    problem.hidden = sentence === undefined;
    problem.textContent = sentence ?? '';
  },
});

/** What is set once: it folds away. */
const display = drawer(
  {
    label: l10n.t('Display'),
    icon: 'options',
    isOpen: state.value.isDrawerOpen,
    onToggle: (isDrawerOpen) => state.set({ isDrawerOpen }),
  },
  ...asked.elements,
  ...drawn.elements,
  following,
  button(l10n.t('Checkpoint File…'), () => tell(chooseFile, undefined)),
  ...giving,
);

const bar = element(
  'div',
  { class: 'bar' },
  ...lookedAt.elements,
  left.element,
  comparing,
  right.element,
  display.toggle,
);
page().append(
  hint(
    l10n.t(
      'What the network looks at in this image, at the newest checkpoint. Point at the image to ask for a patch; ▶ below plays the training.',
    ),
  ),
  element('div', { class: 'top' }, element('header', {}, title, note), bar),
  element(
    'div',
    { class: 'body' },
    element('div', { class: 'view' }, substitute, problem, nothing.element, waiting, result),
    display.element,
  ),
  element('div', { class: 'below' }, queryLine, element('div', { class: 'trainings' }, left.training, right.training)),
);
offerControls(false);
hideResult();
showControls();

document.addEventListener(
  'keydown',
  (event) => {
    // Wherever the focus is: somebody who pins a patch goes on to a slider. A list that is open closes first.
    if (event.key !== 'Escape' || state.value.pinned === undefined || document.querySelector('vscode-dropdown[open]'))
      return;
    event.preventDefault();
    repaintWith({ pinned: undefined });
  },
  true,
);

document.addEventListener('keydown', ({ key, target }) => {
  const by = { '[': -1, ']': 1 }[key];
  const isTyping = target instanceof HTMLInputElement && target.type !== 'range';
  if (by !== undefined && !isTyping) repaintWith({ head: tiles.beside(state.value.head, by) });
});

onMessage(subject, subjectSchema, (told) => {
  const isOther = (before: Subject) =>
    before.version !== told.version || JSON.stringify(before.shown) !== JSON.stringify(told.shown);
  if (current === undefined || isOther(current)) looks.forget();
  if (current === undefined || isOther(current) || JSON.stringify(current.beside) !== JSON.stringify(told.beside))
    patches.forget();
  // Who follows a run is not told of each checkpoint that gives way to a newer one.
  const followed = state.value.checkpoint === undefined && told.sources.some(({ id }) => id === left.source?.id);
  const pinned = [...(followed ? [] : [left]), ...(state.value.isComparing ? [right] : [])];
  const before = pinned.map(({ chosen, label }) => ({ chosen, label }));
  current = told;
  // What was chosen in VS Code counts, until another one is chosen here.
  if (told.chosen !== state.value.chosen)
    state.set({ chosen: told.chosen, checkpoint: undefined, followed: undefined });
  if (JSON.stringify(state.value.shown) !== JSON.stringify(told.shown)) image.show(WHOLE);
  state.set({ shown: told.shown, follows: told.follows, beside: told.beside, view: image.view });
  showControls();
  following.checked = told.follows;
  title.textContent = told.shown.name;
  title.title = told.shown.name;
  offerCheckpoints();
  const isOffered = (id: string) => told.sources.some(({ checkpoints }) => checkpoints.some((one) => one.id === id));
  const gone = before.flatMap(({ chosen, label }) => (chosen === undefined || isOffered(chosen) ? [] : [label]));
  if (gone.length > 0)
    notice = [...new Set(gone)].map((label) => `${l10n.t('{0} is no longer there.', label)} `).join('');
  void look();
});

/** Into both pickers, with what is chosen in each. */
function offerCheckpoints(): void {
  const sources = current?.sources ?? [];
  const { checkpoint, followed, chosen, compared, isComparing } = state.value;
  left.offer(sources, checkpoint ?? (followed === undefined ? chosen : undefined), followed);
  // To begin with: what has the training changed?
  right.offer(sources, compared ?? left.source?.checkpoints[0]?.id);
  // Without a network there is nothing to set.
  offerControls(sources.length > 0);
  right.element.hidden = !isComparing;
  if (!isComparing) right.training.hidden = true;
}

function offerControls(areOffered: boolean): void {
  bar.hidden = !areOffered;
  display.offer(areOffered);
}

function showControls(): void {
  lookedAt.show(current?.beside !== undefined);
}

function lookElsewhere(): Promise<void> {
  notice = '';
  return look();
}

const looking = new NewestOnly(lookOnce);
const look = (): Promise<void> => looking.ask();

async function lookOnce(): Promise<void> {
  const { isComparing } = state.value;
  const question = asked.question(left);
  const compared = isComparing ? asked.question(right) : undefined;
  if (question === undefined) {
    const choose = { label: l10n.t('Checkpoint File…'), act: () => tell(chooseFile, undefined) };
    showNothing(l10n.t('There is no checkpoint yet: train a run first, or choose a checkpoint file.'), choose);
    return;
  }
  const { version } = looks;
  const { version: patchesVersion } = patches;
  const sign = setTimeout(() => {
    if (shown === undefined) nothing.show(waitingWords());
    else {
      waitingLine.textContent = waitingWords();
      waiting.hidden = false;
    }
    result.setAttribute('aria-busy', 'true');
  }, SIGN_OF_WAITING_MS);
  try {
    const first = await lookThrough(left, question);
    const second = compared && (await lookThrough(right, compared));
    // The answers to a dragged slider are a film, shown even if a newer question waits; those about another image are not.
    if (version !== looks.version || patchesVersion !== patches.version) return;
    shown = { left: first, ...(second && { right: second }) };
    nothing.hide();
    problem.hidden = true;
    showViews(shown);
  } catch (error) {
    // Without the number of heads there may be no answer.
    asked.offerHeads(errorCodeOf(error) === 'heads-unknown');
    if (!looking.isDue) showNothing(errorMessage(error), { label: l10n.t('Try Again'), act: () => void look() }, true);
  } finally {
    clearTimeout(sign);
    waiting.hidden = true;
    result.setAttribute('aria-busy', 'false');
  }
}

const isFile = ({ source }: CheckpointPicker): boolean => source?.isFile === true;

/** A network with fewer blocks than are asked for shows its last. */
async function lookThrough(picker: CheckpointPicker, question: Question): Promise<Seen> {
  if (state.value.look === 'patches') {
    const { block: _, ...rest } = question;
    return patches.of({ ...rest, isBeside: picker === left && current?.beside !== undefined });
  }
  try {
    return await looks.of(question);
  } catch (error) {
    const { block, ...rest } = question;
    if (block === undefined || errorCodeOf(error) !== 'no-such-block') throw error;
    if (picker === left) state.set({ block: undefined });
    return looks.of(rest);
  }
}

function showViews(views: Views): void {
  const [first] = attentive(views);
  const { heads = 0 } = first ?? {};
  const hasHeads = (look: Seen | undefined, picker: CheckpointPicker) =>
    look !== undefined && look.kind !== 'activations' && isFile(picker);
  asked.offerHeads(hasHeads(views.left, left) || hasHeads(views.right, right));
  asked.showBlock(first);
  drawn.offerShares(first !== undefined);
  lookedAt.offerRegisters(first?.registers ?? 0);
  say(notice + networkText(views.left));
  const instead = withoutAttentionText(views, [left.label, right.label]);
  substitute.hidden = instead === undefined;
  substitute.textContent = instead ?? '';
  if (first && state.value.head !== 'mean' && state.value.head >= heads) state.set({ head: 'mean' });
  tiles.make(heads);
  tiles.element.hidden = first === undefined;
  image.compare(views.right && [left.label, labelBeside(views.left, views.right)]);
  for (const part of [result, queryLine]) part.hidden = false;
  for (const one of giving) one.removeAttribute('disabled');
  repaint();
}

/** Of two networks that are not equally deep, another block may be shown. */
const labelBeside = (one: Seen, other: Seen): string =>
  one.kind !== 'attention' || other.kind !== 'attention' || one.block === other.block
    ? right.label
    : l10n.t('{0}, block {1}', right.label, other.block + 1);

function say(text: string): void {
  note.textContent = text;
  note.title = text;
}

/** In the place of the image. */
function showNothing(sentence: string, action: BlankAction, isFailure = false): void {
  nothing.show(sentence, action, isFailure);
  hideResult();
  problem.hidden = true;
  note.textContent = '';
  substitute.hidden = true;
}

function hideResult(): void {
  for (const part of [result, queryLine]) part.hidden = true;
  for (const one of giving) one.setAttribute('disabled', '');
}

function repaintWith(change: Partial<typeof state.value>): void {
  state.set(change);
  repaint();
}

let isRepaintDue = false;
/** Once a frame, however fast the pointer or a slider moves. */
function repaint(): void {
  if (isRepaintDue) return;
  isRepaintDue = true;
  requestAnimationFrame(() => {
    isRepaintDue = false;
    if (shown !== undefined) paintAll(shown);
  });
}

/** The pinned place, else the one under the pointer. */
const queryPlace = (): Place | undefined => state.value.pinned ?? image.pointed;

const paintedAs = (view: View): PaintedAs => ({
  ...state.value,
  view,
  place: queryPlace(),
  isPinned: state.value.pinned !== undefined,
});

const paintOf = (views: Views, view: View): Paint => painter(views, paintedAs(view));

function paintAll(views: Views): void {
  paintBeside(views.left);
  const paint = paintOf(views, image.view);
  const { head: chosen } = state.value;
  const size = shownSize(views.left);
  const scale = image.fit(size);
  const large = image.canvas.getContext('2d');
  if (large) paint(large, chosen, scale, true);
  tiles.paint(chosen, size, (canvas, head) => {
    const side = Math.round((canvas.clientWidth || 112) * scale);
    const pixels = { width: side, height: Math.round((side * size.height) / size.width) };
    if (canvas.width !== pixels.width || canvas.height !== pixels.height) Object.assign(canvas, pixels);
    const context = canvas.getContext('2d');
    if (context) paint(context, head, scale, false);
  });
  image.canvas.setAttribute('aria-label', canvasText(views.left, chosen, title.textContent));
  queryLine.textContent = queryText(views.left, queryIn(views.left, queryPlace()), {
    isPinned: state.value.pinned !== undefined,
    register: state.value.register,
    beside: current?.beside?.name,
  });
}

function paintBeside(look: Seen): void {
  if (look.kind !== 'patches' || look.beside === undefined) {
    second.hide();
    return;
  }
  const name = current?.beside?.name ?? '';
  const text = l10n.t('Patch features over {0}, the second image', name);
  second.show(look.beside, name, text, besidePainter(look, look.beside, paintedAs(WHOLE)));
}

function fileName(): string {
  if (shown?.left.kind === 'patches') return mapFileName(title.textContent, 'patches');
  const hasHeads = shown !== undefined && attentive(shown).length > 0;
  return mapFileName(title.textContent, hasHeads ? state.value.head : undefined);
}

/** All of the image, however far one has zoomed in. */
function paintingOf(views: Views): Painting {
  const paint = paintOf(views, WHOLE);
  return { ...shownSize(views.left), paint: (context) => paint(context, state.value.head, 1, true) };
}

start(pageReady);
