/** What a network attends to in a picture: each head, and the mean of all, over the picture. */
import './attention.css';
import { z } from 'zod';
import type { AttentionMaps } from '../../src/attention/attentionMaps.js';
import {
  ask,
  attentionStateSchema,
  chooseFile,
  mapsSchema,
  pageReady,
  type Subject,
  save,
  subject,
  subjectSchema,
} from '../../src/protocol/attentionPanel.js';
import { COLOUR_MAPS, type OverlayOptions, paintOverlay } from '../shared/attentionOverlay.js';
import { button, dropdown, progressRing, slider } from '../shared/controls.js';
import { element, page } from '../shared/element.js';
import { onMessage, PersistedState, request, start, tell } from '../shared/host.js';

const stateSchema = attentionStateSchema.extend({
  head: z.union([z.literal('mean'), z.int().min(0)]),
  resolution: z.int().optional(),
  numHeads: z.int().optional(),
  kind: z.enum(['heat', 'mask']),
  opacity: z.number().min(0).max(1),
  share: z.number().gt(0).max(1),
  colourMap: z.enum(COLOUR_MAPS),
  isSmooth: z.boolean(),
});
/** The original's share for segmentation. */
const defaults = {
  image: '',
  head: 'mean',
  kind: 'heat',
  opacity: 0.6,
  share: 0.6,
  colourMap: 'inferno',
  isSmooth: false,
} as const;
const state = new PersistedState(stateSchema, defaults);

const OWN_RESOLUTION = 'own';
const RESOLUTIONS = [64, 128, 224, 320, 480, 640];
const HEADS = [1, 2, 3, 4, 6, 8, 12, 16, 24];
const AS_STORED = 'stored';
const percent = (value: number): string => `${Math.round(value * 100)} %`;

let current: Subject | undefined;
let checkpoint: string | undefined;
let maps: AttentionMaps | undefined;
/** The newest question: answers to earlier ones are dropped. */
let asked = 0;

const title = element('h1');
const note = element('p', { class: 'note', role: 'status' });
const problemText = element('span');
const problem = element('div', { class: 'problem', role: 'alert', hidden: '' }, problemText);
const waiting = element(
  'div',
  { class: 'waiting', hidden: '' },
  progressRing('Computing the attention'),
  'Computing the attention…',
);
const large = element('canvas', { class: 'large', role: 'img' });
const tiles = element('div', { class: 'tiles', role: 'radiogroup', 'aria-label': 'Head' });
const result = element('div', { class: 'result', hidden: '' }, large, tiles);

const checkpoints = dropdown('Checkpoint', (id) => {
  checkpoint = id;
  void look();
});
const resolutions = dropdown('Resolution', (value) => {
  state.set({ resolution: value === OWN_RESOLUTION ? undefined : Number(value) });
  void look();
});
const headCounts = dropdown('Heads', (value) => {
  state.set({ numHeads: value === AS_STORED ? undefined : Number(value) });
  void look();
});
const kinds = dropdown('Overlay', (value) => repaintWith({ kind: value === 'mask' ? 'mask' : 'heat' }));
const colourMaps = dropdown('Colours', (value) => repaintWith({ colourMap: stateSchema.shape.colourMap.parse(value) }));
const upsampling = dropdown('Patches', (value) => repaintWith({ isSmooth: value === 'smooth' }));
const opacity = slider({
  label: 'Opacity',
  min: 0,
  max: 1,
  step: 0.01,
  value: state.value.opacity,
  show: percent,
  onSlide: (value) => repaintWith({ opacity: value }),
});
const share = slider({
  label: 'Attention kept',
  min: 0.05,
  max: 1,
  step: 0.05,
  value: state.value.share,
  show: percent,
  onSlide: (value) => repaintWith({ share: value }),
});
const saveButton = button('Save as PNG', () => void savePicture());

page().append(
  title,
  note,
  element(
    'div',
    { class: 'controls' },
    checkpoints.element,
    button('Checkpoint File…', () => tell(chooseFile, undefined)),
    resolutions.element,
    headCounts.element,
  ),
  element(
    'div',
    { class: 'controls' },
    kinds.element,
    colourMaps.element,
    upsampling.element,
    opacity.element,
    share.element,
    saveButton,
  ),
  problem,
  waiting,
  result,
);

kinds.offer(
  [
    { value: 'heat', label: 'Heat map' },
    { value: 'mask', label: 'Most attended patches' },
  ],
  state.value.kind,
);
colourMaps.offer(
  COLOUR_MAPS.map((value) => ({ value, label: `${value.charAt(0).toUpperCase()}${value.slice(1)}` })),
  state.value.colourMap,
);
upsampling.offer(
  [
    { value: 'nearest', label: 'As squares' },
    { value: 'smooth', label: 'Smooth' },
  ],
  state.value.isSmooth ? 'smooth' : 'nearest',
);
resolutions.offer(
  [
    { value: OWN_RESOLUTION, label: 'As trained' },
    ...RESOLUTIONS.map((side) => ({ value: `${side}`, label: `${side} pixels` })),
  ],
  state.value.resolution === undefined ? OWN_RESOLUTION : `${state.value.resolution}`,
);
headCounts.offer(
  [{ value: AS_STORED, label: 'As stored' }, ...HEADS.map((count) => ({ value: `${count}`, label: `${count}` }))],
  state.value.numHeads === undefined ? AS_STORED : `${state.value.numHeads}`,
);
showControls();

onMessage(subject, subjectSchema, (told) => {
  const isNew = current?.image !== told.image || current.chosen !== told.chosen;
  current = told;
  state.set({ image: told.image });
  title.textContent = fileName(told.image);
  if (isNew || !told.checkpoints.some(({ id }) => id === checkpoint)) checkpoint = told.chosen;
  checkpoints.offer(
    told.checkpoints.map(({ id, label }) => ({ value: id, label })),
    checkpoint,
  );
  if (isNew) void look();
});

/** Asks for the attention of the checkpoint that is chosen. */
async function look(): Promise<void> {
  const question = ++asked;
  const isFile = current?.checkpoints.find(({ id }) => id === checkpoint)?.isFile ?? false;
  headCounts.element.hidden = !isFile;
  if (checkpoint === undefined) {
    showProblem('There is no checkpoint yet: train a run first, or choose a checkpoint file.');
    return;
  }
  showProblem(undefined);
  waiting.hidden = false;
  result.setAttribute('aria-busy', 'true');
  try {
    const { resolution, numHeads } = state.value;
    const answer = await request(ask, mapsSchema, {
      checkpoint,
      ...(resolution !== undefined && { resolution }),
      ...(isFile && numHeads !== undefined && { numHeads }),
    });
    if (question !== asked) return;
    maps = { ...answer, attention: new Float32Array(answer.attention), picture: new Uint8Array(answer.picture) };
    note.textContent = `${answer.checkpointName} · ${answer.heads} heads · ${answer.columns} × ${answer.rows} patches of a picture of ${answer.width} × ${answer.height}`;
    makeTiles(maps);
    repaint();
    result.hidden = false;
  } catch (error) {
    if (question === asked) showProblem(error instanceof Error ? error.message : String(error));
  } finally {
    if (question === asked) {
      waiting.hidden = true;
      result.setAttribute('aria-busy', 'false');
    }
  }
}

function showProblem(message: string | undefined): void {
  problem.hidden = message === undefined;
  problemText.textContent = message ?? '';
  if (message === undefined) return;
  result.hidden = true;
  waiting.hidden = true;
  note.textContent = '';
}

function repaintWith(change: Partial<OverlayOptions>): void {
  state.set(change);
  showControls();
  repaint();
}

function showControls(): void {
  const isMask = state.value.kind === 'mask';
  share.element.hidden = !isMask;
  colourMaps.element.hidden = isMask;
  upsampling.element.hidden = isMask;
}

type Head = number | 'mean';
const headName = (head: Head): string => (head === 'mean' ? 'Mean of all heads' : `Head ${head + 1}`);

/** One button a head; what it shows is chosen by click, arrow keys or space. */
function makeTiles({ heads }: AttentionMaps): void {
  if (state.value.head !== 'mean' && state.value.head >= heads) state.set({ head: 'mean' });
  const all: Head[] = ['mean', ...Array.from({ length: heads }, (_, head) => head)];
  tiles.replaceChildren(
    ...all.map((head) => {
      const tile = element(
        'button',
        { class: 'tile', role: 'radio', type: 'button', 'data-head': `${head}`, 'aria-label': headName(head) },
        element('canvas', { 'aria-hidden': 'true' }),
        element('span', {}, head === 'mean' ? 'Mean' : headName(head)),
      );
      tile.addEventListener('click', () => chooseHead(head));
      return tile;
    }),
  );
}

tiles.addEventListener('keydown', (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (step === undefined || maps === undefined) return;
  event.preventDefault();
  const count = maps.heads + 1;
  const place = state.value.head === 'mean' ? 0 : state.value.head + 1;
  const next = (place + step + count) % count;
  chooseHead(next === 0 ? 'mean' : next - 1);
  tiles.querySelectorAll<HTMLElement>('.tile')[next]?.focus();
});

function chooseHead(head: Head): void {
  state.set({ head });
  repaint();
}

let isRepaintDue = false;
/** Once a frame, however fast a slider is dragged. */
function repaint(): void {
  if (isRepaintDue) return;
  isRepaintDue = true;
  requestAnimationFrame(() => {
    isRepaintDue = false;
    if (maps !== undefined) paintAll(maps);
  });
}

function paintAll(shown: AttentionMaps): void {
  const { head: chosen } = state.value;
  for (const tile of tiles.querySelectorAll<HTMLElement>('.tile')) {
    const head: Head = tile.dataset['head'] === 'mean' ? 'mean' : Number(tile.dataset['head']);
    tile.setAttribute('aria-checked', `${head === chosen}`);
    tile.tabIndex = head === chosen ? 0 : -1;
    const canvas = tile.querySelector('canvas');
    if (canvas) paint(canvas, shown, head);
  }
  paint(large, shown, chosen);
  large.setAttribute('aria-label', `Attention of ${headName(chosen).toLowerCase()} over ${title.textContent}`);
}

function paint(canvas: HTMLCanvasElement, shown: AttentionMaps, head: Head): void {
  const { width, height } = shown;
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(paintOverlay(shown, head, state.value), width, height), 0, 0);
}

/** Small pictures are saved so large that their pixels can be seen. */
const LEAST_SAVED_SIDE = 480;

async function savePicture(): Promise<void> {
  if (maps === undefined) return;
  const factor = Math.max(1, Math.ceil(LEAST_SAVED_SIDE / Math.max(large.width, large.height)));
  const canvas = element('canvas', { width: `${large.width * factor}`, height: `${large.height * factor}` });
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.imageSmoothingEnabled = false;
  context.drawImage(large, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) {
    showProblem('The picture is too large to be saved: choose a lower resolution.');
    return;
  }
  const { head } = state.value;
  const name = `${fileName(state.value.image).replace(/\.\w+$/, '')}-attention-${head === 'mean' ? 'mean' : `head${head + 1}`}.png`;
  tell(save, { name, png: await blob.arrayBuffer() });
}

function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

start(pageReady);
