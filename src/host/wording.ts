/** Numbers and states as people read them, the same in the tree, the status bar and messages. */
import * as l10n from '@vscode/l10n';
import type { Diagnosis } from '../diagnosis/diagnosis.js';
import type { EngineDecider } from '../runs/engineDecision.js';
import type { RunRecord } from '../runs/run.js';
import { isLive, type RunState, type RunSummary } from './runSummary.js';

export const STATE_NAMES: Readonly<Record<RunState, string>> = {
  created: l10n.t('not started'),
  queued: l10n.t('waiting for its turn'),
  preparing: l10n.t('preparing'),
  running: l10n.t('running'),
  stopping: l10n.t('stopping'),
  stopped: l10n.t('stopped'),
  finished: l10n.t('finished'),
  failed: l10n.t('failed'),
  interrupted: l10n.t('interrupted'),
  broken: l10n.t('cannot be read'),
};

export const lossText = (loss: number): string => l10n.t('loss {0}', loss.toFixed(2));

const speed = (imagesPerSecond: number): string =>
  imagesPerSecond < 10 ? imagesPerSecond.toFixed(1) : `${Math.round(imagesPerSecond)}`;

export const speedText = (imagesPerSecond: number): string => l10n.t('{0} images/s', speed(imagesPerSecond));

export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return l10n.t('{0} min', minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? l10n.t('{0} h {1} min', hours, minutes % 60) : l10n.t('{0} days', Math.round(hours / 24));
}

/** In hundredths, of the whole run; 0 while its length is unknown. */
export const percent = ({ step, totalSteps }: Pick<RunSummary, 'step' | 'totalSteps'>): number =>
  totalSteps > 0 ? Math.floor((100 * step) / totalSteps) : 0;

const epochText = ({ epoch, epochs }: RunSummary): string | undefined =>
  epochs > 0 ? l10n.t('epoch {0}/{1}', epoch.toFixed(1), epochs) : undefined;

const ENGINE_DECIDED: Readonly<Record<EngineDecider, string>> = {
  start: l10n.t('chosen at the start'),
  file: l10n.t('from the config file'),
  folder: l10n.t('from the folder setting dino.engine'),
  workspace: l10n.t('from the workspace setting dino.engine'),
  user: l10n.t('from the user setting dino.engine'),
  default: l10n.t('by default'),
};

/** What runs a run, and what decided that, where its record tells. */
export const engineText = ({ version, decidedBy }: NonNullable<RunRecord['engine']>): string =>
  decidedBy === undefined ? version : l10n.t('{0} ({1})', version, ENGINE_DECIDED[decidedBy]);

/** What the numbers show, when it is something to act on. A run that failed says itself why. */
export function troubleOf({ diagnosis, state }: RunSummary): Diagnosis | undefined {
  const isTrouble = diagnosis?.level === 'warning' || diagnosis?.level === 'error';
  return isTrouble && state !== 'failed' ? diagnosis : undefined;
}

const BAR_CELLS = 5;

/** `▰▰▱▱▱ 42 %` */
function progressBar(summary: RunSummary): string {
  const share = percent(summary);
  // A run may have more steps than its record says, as one whose data have grown.
  const full = Math.min(BAR_CELLS, Math.round((share / 100) * BAR_CELLS));
  return `${'▰'.repeat(full)}${'▱'.repeat(BAR_CELLS - full)} ${share} %`;
}

/** What stands behind the run's name in the tree, where there is room for some words: the first are seen, the others perhaps. */
export function rowText(summary: RunSummary): string {
  const { state, loss, etaSeconds } = summary;
  const left =
    state === 'running' && etaSeconds !== undefined ? l10n.t('{0} left', durationText(etaSeconds)) : undefined;
  const parts = [troubleOf(summary)?.title, standing(summary), left, loss === undefined ? undefined : lossText(loss)];
  return parts.filter((part) => part !== undefined).join(' · ');
}

/** The state, with how far a run came that is not at its end. */
function standing(summary: RunSummary): string {
  const { state, totalSteps, step } = summary;
  if (state === 'running') return progressBar(summary);
  const isPartial = ['stopped', 'interrupted', 'failed'].includes(state) && totalSteps > 0 && step > 0;
  return isPartial ? l10n.t('{0} at {1} %', STATE_NAMES[state], percent(summary)) : STATE_NAMES[state];
}

/** How a run stands, where there is room for all of it. */
export const describeRun = (summary: RunSummary): string =>
  [troubleOf(summary)?.title, describeProgress(summary)].filter((part) => part !== undefined).join(' · ');

/** How far it came and how fast it goes. */
export function describeProgress(summary: RunSummary): string {
  const { state, loss, imagesPerSecond, etaSeconds, step } = summary;
  const parts: (string | undefined)[] = [];
  if (state !== 'running') parts.push(STATE_NAMES[state]);
  if (step > 0 || state === 'running') parts.push(epochText(summary));
  if (loss !== undefined) parts.push(lossText(loss));
  if (state === 'running') {
    if (imagesPerSecond !== undefined) parts.push(speedText(imagesPerSecond));
    if (etaSeconds !== undefined) parts.push(l10n.t('{0} left', durationText(etaSeconds)));
  }
  return parts.filter((part) => part !== undefined).join(' · ');
}

/** `DINO 12 % · loss 5.31 · 41 img/s`, behind an icon. */
export function statusText(summary: RunSummary): string {
  if (summary.state === 'queued') return l10n.t('DINO waiting');
  if (summary.state === 'preparing') return l10n.t('DINO preparing');
  if (summary.state === 'stopping') return l10n.t('DINO stopping');
  if (!isLive(summary)) return `DINO ${STATE_NAMES[summary.state]}`;
  const parts = [`DINO ${percent(summary)} %`];
  if (summary.loss !== undefined) parts.push(lossText(summary.loss));
  if (summary.imagesPerSecond !== undefined) parts.push(l10n.t('{0} img/s', speed(summary.imagesPerSecond)));
  return parts.join(' · ');
}
