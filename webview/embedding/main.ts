/** Images in the plane, near to each other where a network finds them alike: what the host tells, and when a plot begins. */
import '../shared/localize.js';
import * as l10n from '@vscode/l10n';
import './embedding.css';
import {
  begin,
  type Choice,
  type Images,
  images as imagesMessage,
  imagesSchema,
  layout,
  layoutSchema,
  pageReady,
  progress as progressMessage,
  progressSchema,
  type Subject,
  subject,
  subjectSchema,
  train,
} from '../../src/protocol/embeddingPanel.js';
import { page } from '../shared/element.js';
import { onMessage, start, tell } from '../shared/host.js';
import { fitted } from './geometry.js';
import {
  alike,
  colors,
  frame,
  nothing,
  options,
  plot,
  say,
  select,
  selection,
  showProblem,
  showStates,
  steps,
  thumbnails,
  title,
  workBar,
} from './panel.js';
import { shown } from './shown.js';
import { state } from './state.js';

page().append(title, ...frame.elements);
frame.show(false);
options.onChange = beginAnew;

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

/** Whatever was wrong with the images may be right now. */
function startAgain(): void {
  thumbnails.clear();
  startPlot(state.value.visited);
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
  const areOthers = ({ names }: Images) =>
    names.length !== told.names.length || names.some((name, at) => name !== told.names[at]);
  if (shown.images !== undefined && areOthers(shown.images)) forgetImages();
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
  const again = { label: l10n.t('Start Again'), act: startAgain };
  const hasPlot = plot.positions.length > 0;
  if (told.phase === 'failed' && hasPlot) showProblem(told.message);
  else if (told.phase === 'failed') nothing.show(told.message, again, true);
  else if (told.phase === 'idle' && !hasPlot && shown.subject?.begun !== undefined)
    nothing.show(l10n.t('The plot was cancelled.'), again);
  else if (isWorking && !hasPlot) nothing.show(l10n.t('The images are being laid out.'));
});

start(pageReady);
