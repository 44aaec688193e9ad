/** Near-duplicates in groups, by a threshold that regroups at once; those that are not wanted are marked and go to the bin. */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './copies.css';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { groupsAt } from '../../src/linkage/linkage.js';
import {
  ask,
  askImages,
  cancel,
  deletedSchema,
  deleteImages,
  type Found,
  foundSchema,
  open,
  pageReady,
  progress,
  type Subject,
  subject,
  subjectSchema,
  train,
} from '../../src/protocol/copiesPanel.js';
import { shownImagesSchema, workProgressSchema } from '../../src/protocol/shownImages.js';
import { button, slider } from '../shared/controls.js';
import { element, page } from '../shared/element.js';
import { onMessage, request, start, tell } from '../shared/host.js';
import { comparedText, searchFrame } from '../shared/searchFrame.js';
import { ShownImages } from '../shared/shownImages.js';
import { groupList, type ShownGroup } from './groupList.js';
import { state } from './state.js';

const SIDE = 320;
/** More are not looked through by anybody; what is deleted makes room for the next. */
const MOST_GROUPS = 200;
/** Of a group: by a network that has collapsed all images are copies. */
const MOST_MEMBERS = 60;
/** While a slider is dragged. */
const REST_MS = 80;

let current: Subject | undefined;
let found: Found | undefined;
/** Places of images that are gone. */
let gone = new Set<number>();
let marked = new Set<number>();
let groups: readonly ShownGroup[] = [];
/** Groups whose others are marked as soon as it is known which one is worth keeping. */
let isMarkingAll = false;

const frame = searchFrame(state.value.numHeads, {
  onAsk: (checkpoint, numHeads) => {
    state.set({ checkpoint, numHeads });
    void find();
  },
  onCancel: () => tell(cancel, undefined),
  onTrain: () => tell(train, undefined),
});
let timer: number | undefined;
const threshold = slider({
  label: l10n.t('Similarity from'),
  min: 0.5,
  max: 1,
  step: 0.005,
  value: state.value.threshold,
  show: (value) => value.toFixed(3),
  onSlide: (value) => {
    state.set({ threshold: value });
    clearTimeout(timer);
    timer = setTimeout(regroup, REST_MS);
  },
});
const counted = element('span', { class: 'counted', role: 'status' });
const markAll = button(l10n.t('Mark All Others'), () => {
  isMarkingAll = true;
  images.wish(groups.flatMap(({ members }) => members));
  markOthers();
});
const unmark = button(l10n.t('Unmark All'), () => setMarked(new Set()));
const remove = button(l10n.t('Delete…'), () => void deleteMarked(), 'primary');
const tools = element(
  'div',
  { class: 'bar', hidden: '', role: 'group', 'aria-label': l10n.t('Copies') },
  threshold.element,
  markAll,
  unmark,
  remove,
);
const images = new ShownImages(
  (places) => request(askImages, shownImagesSchema, { images: places, side: SIDE }),
  (place, image) => {
    list.put(place, image);
    if (isMarkingAll) markOthers();
  },
);
const list = groupList((image) => images.get(image), {
  onSeen: (places) => images.wish(places),
  onMark: (places, isMarked) => {
    const next = new Set(marked);
    for (const place of places) {
      if (isMarked) next.add(place);
      else next.delete(place);
    }
    setMarked(next);
  },
  onOpen: (place) => tell(open, place),
});
const empty = element('p', { class: 'empty', hidden: '' });
const keys = element(
  'p',
  { class: 'note keys', hidden: '' },
  l10n.t('Arrow keys go from image to image · Space marks · Enter opens · Delete moves what is marked to the bin'),
);
page().append(
  frame.header,
  element('div', { class: 'bar' }, ...frame.network, counted),
  ...frame.states,
  tools,
  empty,
  list.element,
  frame.nothing,
  frame.training,
  keys,
);

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Delete' || (event.target instanceof HTMLElement && event.target.matches('input'))) return;
  event.preventDefault();
  void deleteMarked();
});

onMessage(progress, workProgressSchema, (told) => frame.show(told));

onMessage(subject, subjectSchema, (told) => {
  const before = frame.asked();
  const isOther = current?.version !== told.version;
  current = told;
  if (told.chosen !== state.value.chosen) state.set({ chosen: told.chosen, checkpoint: undefined });
  state.set({ shown: told.shown });
  frame.setTitle(told.title);
  const { checkpoint, chosen } = state.value;
  frame.offer(told.networks, checkpoint ?? chosen ?? told.networks[0]?.checkpoints.at(-1)?.id);
  if (isOther || before?.checkpoint !== frame.asked()?.checkpoint) void find();
});

let asked = 0;
async function find(): Promise<void> {
  const mine = ++asked;
  const question = frame.asked();
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
    found = answer;
    gone = new Set();
    images.clear();
    setMarked(new Set());
    frame.say(comparedText(answer));
    setFound(true);
    regroup();
  } catch (error) {
    if (mine !== asked) return;
    frame.showProblem(errorMessage(error), true);
  }
  setWorking(false);
}

function setWorking(isWorking: boolean): void {
  frame.setWorking(isWorking);
  list.element.setAttribute('aria-busy', `${isWorking}`);
}

function setFound(isFound: boolean): void {
  frame.setFound(isFound);
  keys.hidden = !isFound;
  tools.hidden = !isFound;
}

/** What a network found goes with it: nothing that is no longer shown may be deleted. */
function forget(): void {
  found = undefined;
  groups = [];
  gone = new Set();
  images.clear();
  setMarked(new Set());
  list.show([], () => '');
  counted.textContent = '';
  empty.hidden = true;
  frame.say('');
  setWorking(false);
  setFound(false);
}

function regroup(): void {
  if (found === undefined) return;
  const { links, names, asked: image, areFiles } = found;
  const { threshold: least } = state.value;
  const left = links.filter(({ one, other }) => !gone.has(one) && !gone.has(other));
  const nearest = new Map<number, number>();
  for (const { one, other, similarity } of left) {
    nearest.set(one, Math.max(similarity, nearest.get(one) ?? -1));
    nearest.set(other, Math.max(similarity, nearest.get(other) ?? -1));
  }
  const all = groupsAt(left, least).filter(
    ({ members }) => !isOfOneImage() || (image !== undefined && members.includes(image)),
  );
  groups = all.slice(0, MOST_GROUPS).map((group) => ({
    ...group,
    nearest,
    count: group.members.length,
    members: group.members.slice(0, MOST_MEMBERS),
  }));
  // What is no longer shown as a copy must not be deleted as one, and of a group that has become smaller one is to be left.
  const withOneLeft = groups.filter(
    ({ members, count }) => count > members.length || members.some((place) => !marked.has(place)),
  );
  const markable = new Set(withOneLeft.flatMap(({ members }) => members));
  setMarked(new Set([...marked].filter((place) => markable.has(place))));
  list.show(groups, (place) => names[place] ?? '');
  for (const { members } of groups) {
    for (const place of members) {
      const arrived = images.get(place);
      if (arrived !== undefined) list.put(place, arrived);
    }
  }
  const copies = all.reduce((sum, { members }) => sum + members.length - 1, 0);
  counted.textContent = countedText(all.length, copies);
  empty.hidden = all.length > 0;
  empty.textContent = isOfOneImage()
    ? l10n.t('No other image is as similar as {0} to this one. A lower threshold finds more.', least.toFixed(3))
    : l10n.t('No two images are as similar as {0}. A lower threshold finds more.', least.toFixed(3));
  for (const control of [markAll, unmark, remove]) control.hidden = !areFiles;
  if (isMarkingAll) markOthers();
}

function countedText(count: number, copies: number): string {
  const found = [
    count === 1 ? l10n.t('1 group') : l10n.t('{0} groups', count.toLocaleString('en')),
    ...(count > MOST_GROUPS ? [l10n.t('the largest {0} are shown', MOST_GROUPS)] : []),
    copies === 1
      ? l10n.t('1 image more than needed')
      : l10n.t('{0} images more than needed', copies.toLocaleString('en')),
  ];
  return found.join(', ');
}

const isOfOneImage = (): boolean => current?.shown.image !== undefined;

/** Where it is known which one is worth keeping. */
function markOthers(): void {
  const next = new Set(marked);
  let isComplete = true;
  for (const group of groups) {
    const kept = list.keptOf(group);
    if (kept === undefined) isComplete = false;
    else for (const place of group.members) if (place !== kept) next.add(place);
  }
  if (isComplete) isMarkingAll = false;
  if (next.size !== marked.size) setMarked(next);
}

function setMarked(next: Set<number>): void {
  if (next.size === 0) isMarkingAll = false;
  marked = next;
  list.mark(marked);
  remove.textContent = marked.size === 0 ? l10n.t('Delete…') : l10n.t('Delete {0}…', marked.size);
  for (const control of [unmark, remove]) control.toggleAttribute('disabled', marked.size === 0);
}

async function deleteMarked(): Promise<void> {
  if (marked.size === 0) return;
  try {
    const { deleted } = await request(deleteImages, deletedSchema, { images: [...marked] });
    if (deleted.length === 0) return;
    gone = new Set([...gone, ...deleted]);
    regroupWithout(deleted);
  } catch (error) {
    frame.showProblem(errorMessage(error));
  }
}

/** A chain through an image that is gone still joins its ends. */
function regroupWithout(deleted: readonly number[]): void {
  if (found === undefined) return;
  let { links } = found;
  for (const place of deleted) {
    const own = links.filter(({ one, other }) => one === place || other === place);
    const ends = own.map(({ one, other, similarity }) => ({ end: one === place ? other : one, similarity }));
    ends.sort((a, b) => b.similarity - a.similarity);
    const bridges = ends.slice(1).map(({ end, similarity }) => ({ one: ends[0]?.end ?? end, other: end, similarity }));
    links = [...links.filter((link) => !own.includes(link)), ...bridges];
  }
  found = { ...found, links };
  setMarked(new Set([...marked].filter((place) => !gone.has(place))));
  regroup();
}

setMarked(new Set());
start(pageReady);
