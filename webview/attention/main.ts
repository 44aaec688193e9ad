/** What a network attends to in a picture: each head, and the mean of all, over the picture, for the patch under the pointer. */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './attention.css';
import { z } from 'zod';
import type { Query } from '../../src/attention/queriesAndKeys.js';
import {
  attentionStateSchema,
  chooseFile,
  follow,
  pageReady,
  type Question,
  type Subject,
  subject,
  subjectSchema,
} from '../../src/protocol/attentionPanel.js';
import { COLOUR_MAPS } from '../shared/attentionOverlay.js';
import { button, checkbox, dropdown, progressRing, slider } from '../shared/controls.js';
import { element, page } from '../shared/element.js';
import { onMessage, PersistedState, start, tell } from '../shared/host.js';
import { type PaintOptions, paintAttention } from '../shared/paintAttention.js';
import { type CheckpointPicker, checkpointPicker } from './checkpointPicker.js';
import { type Head, headName, headTiles } from './headTiles.js';
import { type Look, Looks, mapsOf } from './looks.js';
import { copyPicture, type Painting, savePicture } from './savePicture.js';
import { type Place, patchOf, stage } from './stage.js';

const part = z.number().min(0).max(1);
const stateSchema = attentionStateSchema.extend({
  head: z.union([z.literal('mean'), z.int().min(0)]),
  resolution: z.int().optional(),
  numHeads: z.int().optional(),
  /** Absent: the last one. */
  block: z.int().optional(),
  kind: z.enum(['heat', 'mask']),
  opacity: part,
  share: z.number().gt(0).max(1),
  colourMap: z.enum(COLOUR_MAPS),
  isSmooth: z.boolean(),
  isOutlined: z.boolean(),
  /** Whose attention stays, wherever the pointer goes; absent: the CLS token's, unless the pointer is over the picture. */
  pinned: z.object({ x: part, y: part }).optional(),
  /** Chosen here; absent: what the host says. */
  checkpoint: z.string().optional(),
  isComparing: z.boolean(),
  compared: z.string().optional(),
  /** The part of the picture that is left of the handle. */
  wipe: part,
  /** What the host last said. */
  chosen: z.string().optional(),
});
const state = new PersistedState(stateSchema, {
  follows: false,
  head: 'mean',
  kind: 'heat',
  opacity: 0.6,
  // The original's, for segmentation.
  share: 0.6,
  colourMap: 'inferno',
  isSmooth: false,
  isOutlined: true,
  isComparing: false,
  wipe: 0.5,
});

const OWN_RESOLUTION = 'own';
const RESOLUTIONS = [64, 128, 224, 320, 480, 640];
const HEADS = [1, 2, 3, 4, 6, 8, 12, 16, 24];
const AS_STORED = 'stored';
/** What takes less is not worth a sign of waiting, which would flicker while a slider is dragged. */
const SIGN_OF_WAITING_MS = 300;
const percent = (value: number): string => `${Math.round(value * 100)} %`;
const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));

let current: Subject | undefined;
/** What has happened to what was shown, until another checkpoint is chosen. */
let notice = '';
const looks = new Looks();
/** What is shown: one network's look, or two networks', left and right of the handle. */
let shown: { readonly left: Look; readonly right?: Look } | undefined;

const title = element('h1');
const note = element('p', { class: 'note', role: 'status' });
const problemText = element('span');
const problem = element('div', { class: 'problem', role: 'alert', hidden: '' }, problemText);
const waiting = element(
  'div',
  { class: 'waiting', hidden: '' },
  progressRing(l10n.t('Computing the attention')),
  l10n.t('Computing the attention…'),
);
const picture = stage({
  grid: () => shown?.left ?? { rows: 1, columns: 1 },
  pinned: () => state.value.pinned,
  wipe: () => state.value.wipe,
  onPoint: () => {
    if (state.value.pinned === undefined) repaint();
  },
  onPin: (pinned) => repaintWith({ pinned }),
  onWipe: (wipe) => repaintWith({ wipe }),
  onResize: () => repaint(),
});
const queryText = element('p', { class: 'query', 'aria-live': 'polite' });
const tiles = headTiles((head) => repaintWith({ head }));
const result = element(
  'div',
  { class: 'result', hidden: '' },
  element('div', { class: 'whole' }, picture.element, queryText),
  tiles.element,
);

const left = checkpointPicker(l10n.t('Network'), () => {
  notice = '';
  state.set({ checkpoint: left.chosen });
  void look();
});
const right = checkpointPicker(l10n.t('Compared with'), () => {
  state.set({ compared: right.chosen });
  void look();
});
const comparing = checkbox(l10n.t('Compare'), state.value.isComparing, (isComparing) => {
  state.set({ isComparing });
  offerCheckpoints();
  void look();
});
const following = checkbox(l10n.t('Follow the active picture'), state.value.follows, (follows) => {
  if (follows === state.value.follows) return;
  state.set({ follows });
  tell(follow, follows);
});
const resolutions = dropdown(l10n.t('Resolution'), (value) => {
  state.set({ resolution: value === OWN_RESOLUTION ? undefined : Number(value) });
  void look();
});
const headCounts = dropdown(l10n.t('Heads'), (value) => {
  state.set({ numHeads: value === AS_STORED ? undefined : Number(value) });
  void look();
});
let blocks = 1;
const block = slider({
  label: l10n.t('Block'),
  min: 1,
  max: 1,
  step: 1,
  value: 1,
  show: (value) => (value === blocks ? l10n.t('{0} (last)', value) : l10n.t('{0} of {1}', value, blocks)),
  onSlide: (value) => {
    state.set({ block: value === blocks ? undefined : value - 1 });
    void look();
  },
});
const kinds = dropdown(l10n.t('Overlay'), (value) => repaintWith({ kind: value === 'mask' ? 'mask' : 'heat' }));
const colourMaps = dropdown(l10n.t('Colours'), (value) =>
  repaintWith({ colourMap: stateSchema.shape.colourMap.parse(value) }),
);
const upsampling = dropdown(l10n.t('Patches'), (value) => repaintWith({ isSmooth: value === 'smooth' }));
const opacity = slider({
  label: l10n.t('Opacity'),
  min: 0,
  max: 1,
  step: 0.01,
  value: state.value.opacity,
  show: percent,
  onSlide: (value) => repaintWith({ opacity: value }),
});
const share = slider({
  label: l10n.t('Attention kept'),
  min: 0.05,
  max: 1,
  step: 0.05,
  value: state.value.share,
  show: percent,
  onSlide: (value) => repaintWith({ share: value }),
});
const outline = checkbox(l10n.t('Outline what is kept'), state.value.isOutlined, (isOutlined) =>
  repaintWith({ isOutlined }),
);

page().append(
  title,
  note,
  element(
    'div',
    { class: 'controls' },
    left.element,
    button(l10n.t('Checkpoint File…'), () => tell(chooseFile, undefined)),
    comparing,
    right.element,
  ),
  element(
    'div',
    { class: 'controls display' },
    block.element,
    resolutions.element,
    headCounts.element,
    kinds.element,
    colourMaps.element,
    upsampling.element,
    opacity.element,
    share.element,
    outline,
    following,
  ),
  problem,
  waiting,
  result,
  element(
    'div',
    { class: 'controls' },
    button(l10n.t('Save as PNG…'), () => void give((painting) => savePicture(painting, fileName()))),
    button(
      l10n.t('Copy as PNG'),
      () => void give(copyPicture).then((isDone) => isDone && say(l10n.t('The picture is in the clipboard.'))),
    ),
  ),
);

kinds.offer(
  [
    { value: 'heat', label: l10n.t('Heat map') },
    { value: 'mask', label: l10n.t('Most attended patches') },
  ],
  state.value.kind,
);
colourMaps.offer(
  COLOUR_MAPS.map((value) => ({ value, label: `${value.charAt(0).toUpperCase()}${value.slice(1)}` })),
  state.value.colourMap,
);
upsampling.offer(
  [
    { value: 'nearest', label: l10n.t('As squares') },
    { value: 'smooth', label: l10n.t('Smooth') },
  ],
  state.value.isSmooth ? 'smooth' : 'nearest',
);
resolutions.offer(
  [
    { value: OWN_RESOLUTION, label: l10n.t('As trained') },
    ...RESOLUTIONS.map((side) => ({ value: `${side}`, label: l10n.t('{0} pixels', side) })),
  ],
  state.value.resolution === undefined ? OWN_RESOLUTION : `${state.value.resolution}`,
);
headCounts.offer(
  [
    { value: AS_STORED, label: l10n.t('As stored') },
    ...HEADS.map((count) => ({ value: `${count}`, label: `${count}` })),
  ],
  state.value.numHeads === undefined ? AS_STORED : `${state.value.numHeads}`,
);
showControls();

onMessage(subject, subjectSchema, (told) => {
  const isOther = (before: Subject) =>
    before.version !== told.version || JSON.stringify(before.shown) !== JSON.stringify(told.shown);
  if (current === undefined || isOther(current)) looks.forget();
  const before = { left: left.chosen, label: left.label };
  current = told;
  // What was chosen in VS Code counts, until another one is chosen here.
  if (told.chosen !== state.value.chosen) state.set({ chosen: told.chosen, checkpoint: undefined });
  state.set({ shown: told.shown, follows: told.follows });
  following.checked = told.follows;
  title.textContent = told.shown.name;
  offerCheckpoints();
  const isOffered = (id: string) => told.sources.some(({ checkpoints }) => checkpoints.some((one) => one.id === id));
  const hasGone = before.left !== undefined && !isOffered(before.left);
  if (hasGone) notice = `${l10n.t('{0} is no longer there.', before.label)} `;
  void look();
});

/** Into both pickers, with what is chosen in each. */
function offerCheckpoints(): void {
  const sources = current?.sources ?? [];
  const { checkpoint, chosen, compared, isComparing } = state.value;
  left.offer(sources, checkpoint ?? chosen ?? sources[0]?.checkpoints.at(-1)?.id);
  // To begin with: what has the training changed?
  right.offer(sources, compared ?? left.source?.checkpoints[0]?.id);
  right.element.hidden = !isComparing;
}

function questionOf(picker: CheckpointPicker): Question | undefined {
  if (picker.chosen === undefined) return undefined;
  const { resolution, numHeads, block: wanted } = state.value;
  return {
    checkpoint: picker.chosen,
    ...(resolution !== undefined && { resolution }),
    ...(picker.source?.isFile && numHeads !== undefined && { numHeads }),
    ...(wanted !== undefined && { block: wanted }),
  };
}

let isLooking = false;
let isLookDue = false;
/** One question at a time, and after it the newest: however fast a slider is dragged, none waits behind another. */
async function look(): Promise<void> {
  isLookDue = true;
  if (isLooking) return;
  isLooking = true;
  while (isLookDue) {
    isLookDue = false;
    await lookOnce();
  }
  isLooking = false;
}

async function lookOnce(): Promise<void> {
  const question = questionOf(left);
  const compared = state.value.isComparing ? questionOf(right) : undefined;
  headCounts.element.hidden = ![left, right].some(({ source }) => source?.isFile);
  if (question === undefined) {
    showProblem(l10n.t('There is no checkpoint yet: train a run first, or choose a checkpoint file.'));
    return;
  }
  const sign = setTimeout(() => {
    waiting.hidden = false;
    result.setAttribute('aria-busy', 'true');
  }, SIGN_OF_WAITING_MS);
  try {
    const first = await looks.of(question);
    shown = { left: first, ...(compared && { right: await looks.of(compared) }) };
    // Shown even if a newer question waits: the answers to a dragged slider are a film.
    showProblem(undefined);
    showLook(shown.left);
  } catch (error) {
    const { block: wanted } = state.value;
    // A network with fewer blocks.
    if (wanted !== undefined && / there is no block /.test(sentence(error))) {
      state.set({ block: undefined });
      isLookDue = true;
    } else if (!isLookDue) showProblem(sentence(error));
  } finally {
    clearTimeout(sign);
    waiting.hidden = true;
    result.setAttribute('aria-busy', 'false');
  }
}

function showLook(look: Look): void {
  const { heads, columns, rows, width, height } = look;
  blocks = look.blocks;
  block.set(look.block + 1, { max: blocks });
  say(
    notice +
      l10n.t(
        '{0} · {1} heads · {2} × {3} patches of a picture of {4} × {5}',
        look.checkpointName,
        heads,
        columns,
        rows,
        width,
        height,
      ),
  );
  if (state.value.head !== 'mean' && state.value.head >= heads) state.set({ head: 'mean' });
  tiles.make(heads);
  picture.compare(shown?.right ? [left.label, right.label] : undefined);
  result.hidden = false;
  repaint();
}

function say(text: string): void {
  note.textContent = text;
}

function showProblem(message: string | undefined): void {
  problem.hidden = message === undefined;
  problemText.textContent = message ?? '';
  if (message === undefined) return;
  result.hidden = true;
  note.textContent = '';
}

function repaintWith(change: Partial<typeof state.value>): void {
  state.set(change);
  showControls();
  repaint();
}

function showControls(): void {
  const { kind, isOutlined } = state.value;
  share.element.hidden = kind !== 'mask' && !isOutlined;
  colourMaps.element.hidden = kind === 'mask';
  upsampling.element.hidden = kind === 'mask';
}

let isRepaintDue = false;
/** Once a frame, however fast the pointer or a slider moves. */
function repaint(): void {
  if (isRepaintDue) return;
  isRepaintDue = true;
  requestAnimationFrame(() => {
    isRepaintDue = false;
    if (shown !== undefined) paintAll();
  });
}

/** The pinned patch's attention, else that of the one under the pointer, else the CLS token's. */
const queryPlace = (): Place | undefined => state.value.pinned ?? picture.pointed;

function queryIn({ rows, columns }: Look): Query {
  const place = queryPlace();
  return place === undefined ? 'cls' : patchOf(place, rows, columns);
}

/** One network's side of a canvas. Lines are for the large picture: in a tile they would hide what they surround. */
interface Side {
  readonly paint: (context: CanvasRenderingContext2D, head: Head, scale: number, hasLines: boolean) => void;
}

function sideOf(look: Look): Side {
  const query = queryIn(look);
  const maps = mapsOf(look, query);
  const marked = query === 'cls' ? undefined : { patch: query, isPinned: state.value.pinned !== undefined };
  const options: PaintOptions = state.value;
  return {
    paint: (context, head, scale, hasLines) => {
      const some = head !== 'mean' && head >= look.heads ? 'mean' : head;
      if (hasLines) paintAttention(context, maps, some, options, { scale, marked });
      else paintAttention(context, maps, some, { ...options, isOutlined: false });
    },
  };
}

/** Two networks share a canvas: the right one's side begins at the handle. */
function paintSides(
  context: CanvasRenderingContext2D,
  [first, second]: readonly [Side, Side?],
  head: Head,
  scale: number,
  hasLines: boolean,
): void {
  first.paint(context, head, scale, hasLines);
  if (second === undefined) return;
  const { width, height } = context.canvas;
  const from = Math.round(width * state.value.wipe);
  context.save();
  context.beginPath();
  context.rect(from, 0, width - from, height);
  context.clip();
  second.paint(context, head, scale, hasLines);
  context.restore();
}

function sides(): readonly [Side, Side?] | undefined {
  if (shown === undefined) return undefined;
  return shown.right ? [sideOf(shown.left), sideOf(shown.right)] : [sideOf(shown.left)];
}

function paintAll(): void {
  const both = sides();
  if (both === undefined || shown === undefined) return;
  const { head: chosen } = state.value;
  const { left: look } = shown;
  const scale = picture.fit(look.width, look.height);
  const large = picture.canvas.getContext('2d');
  if (large) paintSides(large, both, chosen, scale, true);
  tiles.paint(chosen, (canvas, head) => {
    const side = Math.round((canvas.clientWidth || 112) * scale);
    const pixels = { width: side, height: Math.round((side * look.height) / look.width) };
    if (canvas.width !== pixels.width || canvas.height !== pixels.height) Object.assign(canvas, pixels);
    const context = canvas.getContext('2d');
    if (context) paintSides(context, both, head, scale, false);
  });
  picture.canvas.setAttribute(
    'aria-label',
    l10n.t(
      '{0}: attention over {1}. The arrow keys choose the patch whose attention is shown, Escape goes back to the CLS token.',
      headName(chosen),
      title.textContent,
    ),
  );
  queryText.textContent = describeQuery(look);
}

function describeQuery(look: Look): string {
  const query = queryIn(look);
  if (query === 'cls') return l10n.t('Attention of the CLS token. Point at a patch to see its own.');
  const [column, row] = [(query % look.columns) + 1, Math.floor(query / look.columns) + 1];
  return state.value.pinned
    ? l10n.t('Attention of the patch in column {0}, row {1}, pinned. Escape lets it go.', column, row)
    : l10n.t('Attention of the patch in column {0}, row {1}. A click pins it.', column, row);
}

/** @returns whether it was done */
async function give(use: (painting: Painting) => Promise<void>): Promise<boolean> {
  const both = sides();
  if (both === undefined || shown === undefined || result.hidden) return false;
  const { width, height } = shown.left;
  const paint = (context: CanvasRenderingContext2D) => paintSides(context, both, state.value.head, 1, true);
  try {
    await use({ width, height, paint });
    return true;
  } catch (error) {
    problem.hidden = false;
    problemText.textContent = sentence(error);
    return false;
  }
}

function fileName(): string {
  const { head, shown: about } = state.value;
  const name = (about?.name ?? 'picture').replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/\.\w+$/, '');
  return `${name}-attention-${head === 'mean' ? 'mean' : `head${head + 1}`}.png`;
}

start(pageReady);
