/** Learning rates that are set wrong: for another batch, or warmed up too little or too long. */
import * as l10n from '@vscode/l10n';
import type { Settings } from '../../settings/settings.js';
import { type Evidence, peakRate, totalSteps, warmupSteps } from '../evidence.js';
import { COLLAPSES, type Mistake, rounded, type SymptomKind, TROUBLES } from '../finding.js';

/** Peaks of the learning rate. */
interface Peaks {
  /** Below it hardly a weight leaves its place: a hundredth of the original's largest. */
  readonly low: number;
  readonly usual: number;
  /** One and a half times the original's largest. */
  readonly high: number;
}

/** The original's largest are 2e-3 with AdamW (batch 1024), and .48 with SGD (ResNet-50, batch 4080). It has no run with LARS. */
const PEAKS: Readonly<Record<Settings['optimizer'], Peaks | undefined>> = {
  adamw: { low: 2e-5, usual: 5e-4, high: 3e-3 },
  sgd: { low: 5e-3, usual: 0.03, high: 0.7 },
  lars: undefined,
};
/** Below it a lack of warm-up is no cause of failure. */
const HARMLESS_PEAK = 1e-4;
/** AdamW's averages of the squared gradient look back 1000 steps: 62 steps of warm-up were seen to fail, 500 to do. */
const FEW_WARMUP_STEPS = 300;
const ENOUGH_WARMUP_STEPS = 500;
/** The original's, in epochs. */
const USUAL_WARMUP = 10;
/** Share of the run after which there is little left to train at the full rate. */
const LONG_WARMUP = 0.5;

const FAILURES: readonly SymptomKind[] = [...COLLAPSES, ...TROUBLES, 'flat'];

/** `lr` for this peak, at the run's batch size. */
const rateFor = (peak: number, batchSize: number): number => rounded((peak * 256) / batchSize);

export function rateTooLow({ settings }: Evidence): Mistake | undefined {
  const peak = peakRate(settings);
  const peaks = PEAKS[settings.optimizer];
  if (peaks === undefined || peak >= peaks.low) return undefined;
  const { lr, batch_size } = settings;
  return {
    kind: 'rate-too-low',
    level: 'warning',
    title: l10n.t('learning rate too low'),
    finding: l10n.t(
      'The learning rate is too low to learn: lr {0} is for a batch of 256, and with a batch_size of {1} its highest is {2}.',
      lr,
      batch_size,
      rounded(peak),
    ),
    remedies: [l10n.t('raise lr to about {0} (now {1})', rateFor(peaks.usual, batch_size), lr)],
    explains: ['still', 'flat', 'worse-features'],
  };
}

export function rateTooHigh({ settings }: Evidence): Mistake | undefined {
  const peak = peakRate(settings);
  const peaks = PEAKS[settings.optimizer];
  if (peaks === undefined || peak <= peaks.high) return undefined;
  const { lr, batch_size } = settings;
  return {
    kind: 'rate-too-high',
    level: 'warning',
    title: l10n.t('learning rate too high'),
    finding: l10n.t(
      'The learning rate is too high: lr {0} with a batch_size of {1} comes to {2} at its highest, where {3} is usual.',
      lr,
      batch_size,
      rounded(peak),
      peaks.usual,
    ),
    remedies: [l10n.t('lower lr to about {0} (now {1})', rateFor(peaks.usual, batch_size), lr)],
    explains: FAILURES,
  };
}

export function rateRises({ settings }: Evidence): Mistake | undefined {
  const { min_lr } = settings;
  const peak = peakRate(settings);
  // A peak that is too low itself is the mistake.
  if (min_lr <= peak || peak < (PEAKS[settings.optimizer]?.low ?? 0)) return undefined;
  return {
    kind: 'rate-rises',
    level: 'warning',
    title: l10n.t('learning rate rises to the end'),
    finding: l10n.t(
      'The learning rate rises over the run: min_lr, {0}, where it ends, is above its peak, {1}. min_lr is not scaled by the batch, lr is.',
      min_lr,
      rounded(peak),
    ),
    remedies: [l10n.t('lower min_lr to {0} (now {1})', rounded(peak / 100), min_lr)],
    explains: FAILURES,
  };
}

/** What is known of warm-ups is known of AdamW, whose first steps have nothing to average over. */
const needsWarmup = ({ optimizer }: Settings): boolean => optimizer === 'adamw';

/** A rate that begins at its highest. */
export function notWarmedUp(evidence: Evidence): Mistake | undefined {
  const { settings, stepsPerEpoch } = evidence;
  const { warmup_epochs, epochs, lr } = settings;
  const peak = peakRate(settings);
  if (!needsWarmup(settings) || warmup_epochs > 0 || peak <= HARMLESS_PEAK) return undefined;
  return {
    kind: 'not-warmed-up',
    level: 'warning',
    title: l10n.t('learning rate not warmed up'),
    finding: l10n.t(
      'The learning rate was not warmed up (warmup_epochs is 0): it began at its highest, {0}.',
      rounded(peak),
    ),
    remedies: [
      // Of a small data set the usual epochs may be too few steps, and of a short run too large a part.
      stepsPerEpoch === 0 || (USUAL_WARMUP * stepsPerEpoch >= FEW_WARMUP_STEPS && USUAL_WARMUP <= epochs * LONG_WARMUP)
        ? l10n.t('warm it up: warmup_epochs {0} (now 0)', USUAL_WARMUP)
        : enoughWarmup(evidence),
      l10n.t('lower lr (now {0})', lr),
    ],
    explains: FAILURES,
    isHarmlessAlone: true,
  };
}

function enoughWarmup({ settings: { warmup_epochs, epochs }, stepsPerEpoch }: Evidence): string {
  const enough = Math.ceil(ENOUGH_WARMUP_STEPS / stepsPerEpoch);
  return enough <= epochs * LONG_WARMUP
    ? l10n.t('warm up for about {0} steps: warmup_epochs {1} (now {2})', ENOUGH_WARMUP_STEPS, enough, warmup_epochs)
    : l10n.t(
        'warm up for about {0} steps: warmup_epochs {1} (now {2}) with epochs {3} (now {4})',
        ENOUGH_WARMUP_STEPS,
        enough,
        warmup_epochs,
        Math.ceil(enough / LONG_WARMUP),
        epochs,
      );
}

/** What is counted in epochs may be few steps on a small data set. */
export function warmupTooShort(evidence: Evidence): Mistake | undefined {
  const { settings } = evidence;
  const { warmup_epochs, lr } = settings;
  const steps = warmupSteps(evidence);
  if (!needsWarmup(settings) || steps === 0 || steps >= FEW_WARMUP_STEPS) return undefined;
  if (peakRate(settings) <= HARMLESS_PEAK) return undefined;
  return {
    kind: 'warm-up-too-short',
    level: 'warning',
    title: l10n.t('warm-up too short'),
    finding: l10n.t(
      'The learning rate reached its highest, {0}, after only {1} steps (warmup_epochs {2}): that is too fast.',
      rounded(peakRate(settings)),
      steps,
      warmup_epochs,
    ),
    remedies: [enoughWarmup(evidence), l10n.t('lower lr (now {0})', lr)],
    explains: FAILURES,
    isHarmlessAlone: true,
  };
}

export function warmupTooLong(evidence: Evidence): Mistake | undefined {
  const { settings, stepsPerEpoch } = evidence;
  const { warmup_epochs, epochs } = settings;
  if (warmupSteps(evidence) <= LONG_WARMUP * totalSteps(evidence)) return undefined;
  const tenth = Math.floor(epochs / 10);
  // A tenth of a short run would be a warm-up that is too short.
  const isTenthEnough = tenth * stepsPerEpoch >= FEW_WARMUP_STEPS || peakRate(settings) <= HARMLESS_PEAK;
  const shorter = isTenthEnough ? tenth : Math.ceil(ENOUGH_WARMUP_STEPS / stepsPerEpoch);
  return {
    kind: 'warm-up-too-long',
    level: 'warning',
    title: l10n.t('warm-up too long'),
    finding: l10n.t(
      'The learning rate warms up for {0} of {1} epochs: little or nothing of the run is trained at the full rate.',
      warmup_epochs,
      epochs,
    ),
    remedies: [
      shorter <= epochs * LONG_WARMUP && l10n.t('lower warmup_epochs to about {0} (now {1})', shorter, warmup_epochs),
      l10n.t('train longer: epochs {0} (now {1})', 10 * warmup_epochs, epochs),
    ],
    explains: ['still', 'flat', 'worse-features'],
  };
}
