/** Slow ways to a collapse, seen before it is there. */

import * as l10n from '@vscode/l10n';
import { featureDimOf } from '../../settings/specs.js';
import type { Measured } from '../evidence.js';
import type { Symptom } from '../finding.js';
import { entropyText, lowerRate, sharpen } from './entropy.js';

/** As shares of ln K: a run that learns stays below this entropy, or has a student that disagrees by more. */
const TOWARD_UNIFORM = { entropy: 0.85, kl: 0.06 };
/** Spread of the features, where 1 is 1 / sqrt(dim), of a run that drifts while its entropy, as a share of ln K, is so high. */
const NARROW = { spread: 0.33, entropy: 0.8 };
/** A spread that no run that learns was seen to have, whatever its entropy. */
const VERY_NARROW = 0.15;
/** In a smaller batch images may be alike by chance. */
const LEAST_BATCH = 8;

/** The teacher becomes uniform, and the student agrees. */
export function towardUniform(seen: Measured): Symptom | undefined {
  const { lnK, entropy, kl, isWarmingUp } = seen;
  if (isWarmingUp || entropy < TOWARD_UNIFORM.entropy * lnK || kl > TOWARD_UNIFORM.kl * lnK) return undefined;
  return {
    kind: 'toward-uniform',
    level: 'warning',
    title: l10n.t('close to uniform'),
    finding: l10n.t(
      'Coming close to collapse: the teacher is nearly uniform ({0}) and the student nearly agrees (KL {1}).',
      entropyText(seen),
      seen.kl.toFixed(2),
    ),
    remedies: [...sharpen(seen), lowerRate(seen)],
  };
}

/** The features of different images come close to each other. */
export function narrowing(seen: Measured): Symptom | undefined {
  const { settings, spread, entropy, lnK, isWarmingUp } = seen;
  if (isWarmingUp || settings.batch_size < LEAST_BATCH) return undefined;
  const isDrifting = spread < NARROW.spread && entropy > NARROW.entropy * lnK;
  if (!isDrifting && !(spread < VERY_NARROW)) return undefined;
  const unit = 1 / Math.sqrt(featureDimOf(settings));
  return {
    kind: 'narrowing',
    level: 'warning',
    title: l10n.t('features drift together'),
    finding: l10n.t(
      'The features of different images are much alike: their spread is {0}, where more than {1} is healthy ({2}).',
      (spread * unit).toFixed(3),
      (NARROW.spread * unit).toFixed(3),
      entropyText(seen),
    ),
    remedies: [lowerRate(seen), ...sharpen(seen)],
  };
}
