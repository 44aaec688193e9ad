/** Numbers and states as people read them, the same in the tree, the status bar and messages. */
import type { Diagnosis } from '../runs/diagnosis.js';
import { isLive, type RunState, type RunSummary } from './runSummary.js';

export const STATE_NAMES: Readonly<Record<RunState, string>> = {
  created: 'not started',
  queued: 'waiting for its turn',
  preparing: 'preparing',
  running: 'running',
  stopping: 'stopping',
  stopped: 'stopped',
  finished: 'finished',
  failed: 'failed',
  interrupted: 'interrupted',
  broken: 'cannot be read',
};

export const lossText = (loss: number): string => `loss ${loss.toFixed(2)}`;

export const speedText = (imagesPerSecond: number, unit = 'images/s'): string =>
  `${imagesPerSecond < 10 ? imagesPerSecond.toFixed(1) : Math.round(imagesPerSecond)} ${unit}`;

export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`;
}

/** In hundredths, of the whole run; 0 while its length is unknown. */
export const percent = ({ step, totalSteps }: Pick<RunSummary, 'step' | 'totalSteps'>): number =>
  totalSteps > 0 ? Math.floor((100 * step) / totalSteps) : 0;

const epochText = ({ epoch, epochs }: RunSummary): string | undefined =>
  epochs > 0 ? `epoch ${epoch.toFixed(1)}/${epochs}` : undefined;

/** What the numbers show, when it is something to act on. A run that failed says itself why. */
export function troubleOf({ diagnosis, state }: RunSummary): Diagnosis | undefined {
  const isTrouble = diagnosis?.level === 'warning' || diagnosis?.level === 'error';
  return isTrouble && state !== 'failed' ? diagnosis : undefined;
}

/** What stands behind the run's name in the tree. */
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
    if (etaSeconds !== undefined) parts.push(`${durationText(etaSeconds)} left`);
  }
  return parts.filter((part) => part !== undefined).join(' · ');
}

/** `DINO 12 % · loss 5.31 · 41 img/s`, behind an icon. */
export function statusText(summary: RunSummary): string {
  if (summary.state === 'queued') return 'DINO waiting';
  if (summary.state === 'preparing') return 'DINO preparing';
  if (summary.state === 'stopping') return 'DINO stopping';
  if (!isLive(summary)) return `DINO ${STATE_NAMES[summary.state]}`;
  const parts = [`DINO ${percent(summary)} %`];
  if (summary.loss !== undefined) parts.push(lossText(summary.loss));
  if (summary.imagesPerSecond !== undefined) parts.push(speedText(summary.imagesPerSecond, 'img/s'));
  return parts.join(' · ');
}
