import * as l10n from '@vscode/l10n';
import { median } from '../../statistics/median.js';
import type { Evidence } from '../evidence.js';
import type { Symptom } from '../finding.js';

/** A step that takes so much longer than the others, and at least so long, has stalled. */
const STALLED = { times: 20, ms: 60_000 };
/** A first step may take its time: the network is compiled before it. */
const BEFORE_FIRST_STEP_MS = 600_000;

/** A run that should be making steps makes none. */
export function stalled({ steps, runningSince, now }: Evidence): Symptom | undefined {
  if (runningSince === undefined) return undefined;
  const times = steps.map(({ time }) => time);
  const pauses = times.slice(1).map((time, i) => time - (times[i] ?? time));
  const usual = pauses.length === 0 ? undefined : median(pauses);
  // A resumed run's last step may be of yesterday.
  const silence = now - Math.max(times.at(-1) ?? 0, runningSince);
  const patience =
    usual === undefined ? BEFORE_FIRST_STEP_MS : Math.max(STALLED.ms, STALLED.times * Math.max(0, usual));
  if (silence <= patience) return undefined;
  return {
    kind: 'stalled',
    level: 'warning',
    title: l10n.t('stalled'),
    finding:
      usual === undefined
        ? l10n.t('Stalled: no step for {0}.', minutes(silence))
        : l10n.t('Stalled: no step for {0}, where a step takes {1}.', minutes(silence), seconds(usual)),
    remedies: [
      l10n.t('look at the log, and at the memory and disk of the machine'),
      l10n.t('stop the run and resume it from its last checkpoint'),
    ],
    isCurable: true,
  };
}

const seconds = (ms: number): string => l10n.t('{0} s', (ms / 1000).toPrecision(2));

const minutes = (ms: number): string => l10n.t('{0} min', Math.round(ms / 60_000));
