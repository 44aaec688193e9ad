/** Everything about a run that can be told before its first step, the most telling first. */
import type { Evidence } from '../evidence.js';
import type { Mistake } from '../finding.js';
import * as crops from './crops.js';
import * as head from './head.js';
import * as images from './images.js';
import * as rate from './learningRate.js';
import * as length from './length.js';
import * as regularization from './regularization.js';
import * as teacher from './teacher.js';

/** Of the images: they hold whatever the network learns of them. */
const RULES_OF_IMAGES: readonly ((evidence: Evidence) => Mistake | undefined)[] = [
  images.blankImages,
  images.imagesAlike,
  images.imagesEnlarged,
  images.unreadableImages,
  images.imagesShrunk,
];

const RULES: readonly ((evidence: Evidence) => Mistake | undefined)[] = [
  length.hardlyAnyImages,
  images.blankImages,
  images.imagesAlike,
  teacher.teacherTooSoft,
  teacher.teacherTooSharp,
  teacher.studentTooSoft,
  teacher.teacherTooQuick,
  teacher.teacherTooSlow,
  teacher.centerFixed,
  teacher.centerJumps,
  head.tooFewPrototypes,
  head.prototypesSharedThin,
  head.bottleneckTooNarrow,
  crops.onePatch,
  crops.globalCropsTooSmall,
  crops.cropsExchanged,
  crops.localCropsTooSmall,
  crops.viewsAlike,
  crops.colorsDestroyed,
  crops.blurredAway,
  regularization.weightDecayTooHigh,
  regularization.dropPathTooHigh,
  regularization.clippedToNothing,
  length.batchTooSmall,
  rate.rateTooHigh,
  rate.rateTooLow,
  rate.rateRises,
  rate.notWarmedUp,
  length.tooFewSteps,
  rate.warmupTooLong,
  length.lastLayerFrozen,
  head.tooManyPrototypes,
  images.imagesEnlarged,
  images.unreadableImages,
  rate.warmupTooShort,
  length.tooFewImages,
  images.imagesShrunk,
  crops.noLocalCrops,
];

export function mistakesIn(evidence: Evidence): Mistake[] {
  const rules = evidence.settings.method === 'finetune' ? RULES_OF_IMAGES : RULES;
  return rules.flatMap((rule) => rule(evidence) ?? []);
}
