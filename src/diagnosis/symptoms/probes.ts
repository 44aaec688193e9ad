/** What the probes say: whether the features tell the images apart better than the untrained network's do. */
import * as l10n from '@vscode/l10n';
import type { ProbeMetrics } from '../../metrics/metricsLine.js';
import { type Measured, warmupSteps } from '../evidence.js';
import type { Symptom } from '../finding.js';
import { lowerRate } from './entropy.js';

/** Images that a probe needs for its percentages to mean something. */
const LEAST_IMAGES = 64;
/** Percentage points that a measure changes at least. */
const LEAST_CHANGE = 3;
/** Standard errors of a difference of two shares that it changes at least; the same images are looked at, so chance moves it by less. */
const ERRORS = 1.5;

/** Percent of the neighbors that stay from one probe to the next where nothing moves. */
const ALL_STAY = 98;
/** Steps before which little movement is usual. */
const SOON = 100;

/** By k-NN where there are classes, and by how often a crop finds its own image: where there are none, or they tell nothing. */
export function worseFeatures(seen: Measured): Symptom | undefined {
  const [first, last] = [seen.probes[0], seen.probes.at(-1)];
  if (first?.step !== 0 || last === undefined || last.probe_images < LEAST_IMAGES) return undefined;
  // Features are often worse for a while, before the rate has reached its highest.
  if (last.step <= warmupSteps(seen)) return undefined;
  const finding = worseClasses(first, last) ?? worseAgreement(first, last);
  return finding === undefined
    ? undefined
    : {
        kind: 'worse-features',
        level: 'warning',
        title: l10n.t('worse than untrained'),
        finding,
        remedies: [lowerRate(seen), l10n.t('train on more images, or fewer epochs (now {0})', seen.settings.epochs)],
      };
}

function worseClasses(
  { probe_knn: before }: ProbeMetrics,
  { probe_knn: now, probe_images }: ProbeMetrics,
): string | undefined {
  if (before === undefined || now === undefined || before - now < significantChange(before, probe_images))
    return undefined;
  return l10n.t(
    'The features have become worse than before training: the nearest neighbors give {0} % of the images the right class, where those of the untrained network gave {1} %.',
    now.toFixed(1),
    before.toFixed(1),
  );
}

function worseAgreement(first: ProbeMetrics, last: ProbeMetrics): string | undefined {
  const [before, now] = [first.probe_view_agreement, last.probe_view_agreement];
  const hasBetterClasses =
    first.probe_knn !== undefined &&
    last.probe_knn !== undefined &&
    last.probe_knn - first.probe_knn >= significantChange(first.probe_knn, last.probe_images);
  if (hasBetterClasses || before - now < significantChange(before, last.probe_images)) return undefined;
  return l10n.t(
    'The features have become worse than before training: {0} % of the crops have their own image among those nearest to them, where {1} % of the untrained network had.',
    now.toFixed(1),
    before.toFixed(1),
  );
}

/** The features are still those of the untrained network. */
export function still(seen: Measured): Symptom | undefined {
  const last = seen.probes.at(-1);
  // Compared with the probe before, a run that learned is still towards its end, too.
  const same = last?.probe_untrained_neighbors;
  if (last === undefined || last.step < SOON || same === undefined || same < ALL_STAY) return undefined;
  return {
    kind: 'still',
    level: 'warning',
    title: l10n.t('features do not change'),
    finding: l10n.t(
      "The features are still the untrained network's: after {0} steps {1} % of the images' nearest neighbors are the same.",
      last.step,
      same.toFixed(0),
    ),
    remedies: [
      l10n.t('raise lr (now {0})', seen.settings.lr),
      l10n.t('lower momentum_teacher (now {0})', seen.settings.momentum_teacher),
    ],
  };
}

/** Percentage points beyond what chance would do to a share of so many images. */
function significantChange(percent: number, images: number): number {
  const share = percent / 100;
  const error = 100 * Math.sqrt((2 * share * (1 - share)) / images);
  return Math.max(LEAST_CHANGE, ERRORS * error);
}
