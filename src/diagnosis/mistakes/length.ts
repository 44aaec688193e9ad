/** Runs that are too short, and batches and data sets that are too small, to learn from. */
import * as l10n from '@vscode/l10n';
import { LEAST_IMAGES } from '../../settings/presets.js';
import { type Evidence, totalSteps } from '../evidence.js';
import { COLLAPSES, type Mistake, TROUBLES } from '../finding.js';

/** Fewer images give no center to speak of, and next to nothing to tell apart. */
const LEAST_BATCH = 4;
const USUAL_BATCH = 16;
/** Whatever the settings, so few steps change hardly anything. */
const LEAST_STEPS = 50;
/** From about here on a small network was seen to learn. */
const ENOUGH_STEPS = 500;
/** Fewer images are learned by heart. */
const HOPELESS_IMAGES = 20;
/** Share of the run. */
const LONG_FREEZE = 0.5;

export function batchTooSmall({ settings, images }: Evidence): Mistake | undefined {
  const { batch_size } = settings;
  // Of fewer images no larger batch can be made: these are the mistake.
  if (batch_size >= LEAST_BATCH || images < LEAST_BATCH) return undefined;
  return {
    kind: 'batch-too-small',
    level: 'warning',
    title: l10n.t('batch too small'),
    finding: l10n.t(
      'A batch_size of {0} is too small: the center of the teacher outputs is a mean over the batch, and so few images are too few for it.',
      batch_size,
    ),
    remedies: [l10n.t('raise batch_size to {0} (now {1})', Math.min(USUAL_BATCH, images), batch_size)],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

export function tooFewSteps(evidence: Evidence): Mistake | undefined {
  const { settings, stepsPerEpoch } = evidence;
  const steps = totalSteps(evidence);
  if (steps >= LEAST_STEPS || stepsPerEpoch === 0) return undefined;
  return {
    kind: 'too-few-steps',
    level: 'warning',
    title: l10n.t('too few steps'),
    finding: l10n.t(
      'The run has only {0} steps (epochs {1}, with {2} in each): too few to learn anything.',
      steps,
      settings.epochs,
      stepsPerEpoch,
    ),
    remedies: [
      l10n.t('raise epochs to about {0} (now {1})', Math.ceil(ENOUGH_STEPS / stepsPerEpoch), settings.epochs),
      settings.batch_size > USUAL_BATCH && l10n.t('lower batch_size (now {0})', settings.batch_size),
    ],
    explains: ['still', 'flat', 'worse-features'],
  };
}

/** So few that no batch can be made of them: whatever else is set, nothing can be learned. */
export function hardlyAnyImages({ images }: Evidence): Mistake | undefined {
  if (images >= LEAST_BATCH) return undefined;
  return { ...learnedByHeart(images), explains: [...COLLAPSES, ...TROUBLES, 'flat', 'still'] };
}

export function tooFewImages({ images }: Evidence): Mistake | undefined {
  if (images < LEAST_BATCH || images >= LEAST_IMAGES) return undefined;
  if (images < HOPELESS_IMAGES) return learnedByHeart(images);
  return {
    ...learnedByHeart(images),
    level: 'note',
    finding: l10n.t(
      "{0} images are few to learn from: the features may end no better than the untrained network's.",
      images,
    ),
  };
}

const learnedByHeart = (images: number): Mistake => ({
  kind: 'too-few-images',
  level: 'warning',
  title: l10n.t('too few images'),
  finding: l10n.t('The data set is too small to learn from (images: {0}): the network memorizes the images.', images),
  remedies: [l10n.t('add images of the same kind, {0} or more; they need no labels', LEAST_IMAGES)],
  isCurable: true,
  explains: TROUBLES,
});

export function lastLayerFrozen({ settings }: Evidence): Mistake | undefined {
  const { freeze_last_layer, epochs } = settings;
  if (freeze_last_layer <= LONG_FREEZE * epochs) return undefined;
  return {
    kind: 'last-layer-frozen',
    level: 'warning',
    title: l10n.t('prototypes frozen'),
    finding: l10n.t(
      'The prototypes keep their random initial values for {0} of {1} epochs (freeze_last_layer).',
      Math.min(freeze_last_layer, epochs),
      epochs,
    ),
    remedies: [
      l10n.t('lower freeze_last_layer to {0} (now {1})', epochs > 1 ? 1 : 0, freeze_last_layer),
      epochs === 1 && l10n.t('train longer: raise epochs (now {0})', epochs),
    ],
    explains: ['still', 'flat', ...TROUBLES],
  };
}
