/**
 * The ways in which a network ends up giving all images the same answer. Teacher entropy + KL(teacher || student) = loss
 * (DINO paper, section 5.3): an entropy of ln K is collapse to uniform, one of 0 collapse to one dimension, and with a KL
 * of 0 there is nothing left to learn. The limits were read off runs that learn and runs provoked to fail; a run that
 * learns has a KL of .04 ln K and more.
 */

import * as l10n from '@vscode/l10n';
import { featureDimOf } from '../../settings/specs.js';
import type { Measured } from '../evidence.js';
import type { Symptom } from '../finding.js';
import { entropyText, lowerRate, sharpen, steadier } from './entropy.js';

/** Of the entropies and the loss, as shares of ln K. */
const ONE_DIMENSION = { entropy: 0.02, loss: 0.06 };
const UNIFORM = { entropy: 0.97, kl: 0.02 };
const NO_KL = 0.003;
/** Spread of the features, where 1 is 1 / sqrt(dim). */
const NO_SPREAD = 0.05;
/** About what a run that learns has. */
const HEALTHY_SPREAD = 0.5;
/** In a smaller batch images may be alike by chance. */
const LEAST_BATCH = 8;
/** Above it the center follows too slowly to balance the prototypes. */
const SLOW_CENTER = 0.9;

/** All prototypes but one are never chosen. */
export function oneDimension(seen: Measured): Symptom | undefined {
  const { settings, lnK, entropy, loss, teacherTemp } = seen;
  if (entropy >= ONE_DIMENSION.entropy * lnK || loss >= ONE_DIMENSION.loss * lnK) return undefined;
  const isSlow = settings.center_momentum > SLOW_CENTER;
  return {
    kind: 'one-dimension',
    level: 'error',
    title: l10n.t('collapsed to one dimension'),
    finding: l10n.t(
      'Collapsed to one dimension: the teacher gives every image the same prototype ({0}, 0 is collapse).',
      entropyText(seen),
    ),
    remedies: [
      isSlow && l10n.t('center more: center_momentum {0} (now {1})', SLOW_CENTER, settings.center_momentum),
      l10n.t('sharpen less: raise teacher_temp (now {0})', teacherTemp),
      !isSlow && lowerRate(seen),
    ],
  };
}

/** All prototypes are equally likely for every image. While the rate warms up this is where a run begins. */
export function uniform(seen: Measured): Symptom | undefined {
  const { lnK, entropy, kl, isWarmingUp } = seen;
  if (isWarmingUp || entropy <= UNIFORM.entropy * lnK || kl >= UNIFORM.kl * lnK) return undefined;
  return {
    kind: 'uniform',
    level: 'error',
    title: l10n.t('collapsed to uniform'),
    finding: l10n.t(
      'Collapsed to uniform: to the teacher all prototypes fit every image alike ({0}, ln K is collapse).',
      entropyText(seen),
    ),
    remedies: [...sharpen(seen), lowerRate(seen), steadier(seen)],
  };
}

/** The student agrees with the teacher whatever crop it sees. */
export function sameAnswers(seen: Measured): Symptom | undefined {
  const { settings, lnK, kl } = seen;
  if (kl >= NO_KL * lnK) return undefined;
  return {
    kind: 'same-answers',
    level: 'error',
    title: l10n.t('nothing to learn'),
    finding: l10n.t(
      "Collapsed: the student gives the teacher's answer for every crop (KL {0}), so there is nothing left to learn.",
      kl.toFixed(4),
    ),
    remedies: [lowerRate(seen), l10n.t('raise momentum_teacher (now {0})', settings.momentum_teacher)],
  };
}

/** The backbone itself tells no images apart. */
export function sameFeatures(seen: Measured): Symptom | undefined {
  const { settings, spread } = seen;
  if (spread >= NO_SPREAD || settings.batch_size < LEAST_BATCH) return undefined;
  const unit = 1 / Math.sqrt(featureDimOf(settings));
  return {
    kind: 'same-features',
    level: 'error',
    title: l10n.t('same features for all'),
    finding: l10n.t(
      'Collapsed: the backbone gives all images nearly the same features (their spread is {0}, where about {1} is healthy).',
      (spread * unit).toFixed(4),
      (HEALTHY_SPREAD * unit).toFixed(2),
    ),
    remedies: [lowerRate(seen)],
  };
}
