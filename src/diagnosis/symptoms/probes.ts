/** What the probes say: whether the features tell the images apart better than the untrained network's do. */
import * as l10n from '@vscode/l10n';
import type { ProbeMetrics } from '../../runs/metrics.js';
import type { Measured } from '../evidence.js';
import type { Symptom } from '../finding.js';
import { lowerRate } from './entropy.js';

/** Images that a probe needs for its percentages to mean something. */
const LEAST_IMAGES = 64;
/** Percentage points that a measure falls at least. */
const LEAST_FALL = 3;
/** Standard errors of a difference of two shares that it falls at least; the same images are looked at, so chance moves it by less. */
const ERRORS = 1.5;

/** k-NN where there are classes, and how often a crop finds its own image where there are none. */
export function worseFeatures(seen: Measured): Symptom | undefined {
  const first = seen.probes[0];
  const last = seen.probes.at(-1);
  if (first?.step !== 0 || last === undefined || last === first || last.probe_images < LEAST_IMAGES) return undefined;
  const hasClasses = first.probe_knn !== undefined && last.probe_knn !== undefined;
  const value = ({ probe_knn, probe_view_agreement }: ProbeMetrics) =>
    hasClasses ? (probe_knn ?? 0) : probe_view_agreement;
  const [before, now] = [value(first), value(last)];
  if (before - now < leastFall(before, last.probe_images)) return undefined;
  return {
    kind: 'worse-features',
    level: 'warning',
    title: l10n.t('worse than untrained'),
    finding: hasClasses
      ? l10n.t(
          'The features have become worse than before training: the nearest neighbors give {0} % of the images the right class, where those of the untrained network gave {1} %.',
          now.toFixed(1),
          before.toFixed(1),
        )
      : l10n.t(
          'The features have become worse than before training: {0} % of the crops are nearest to their own image, where {1} % of the untrained network were.',
          now.toFixed(1),
          before.toFixed(1),
        ),
    remedies: [lowerRate(seen)],
  };
}

/** Percentage points beyond what chance would do to a share of so many images. */
export function leastFall(percent: number, images: number): number {
  const share = percent / 100;
  const error = 100 * Math.sqrt((2 * share * (1 - share)) / images);
  return Math.max(LEAST_FALL, ERRORS * error);
}
