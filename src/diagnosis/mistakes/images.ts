/** Images that there is little to learn from. */
import * as l10n from '@vscode/l10n';
import type { Evidence } from '../evidence.js';
import { COLLAPSES, type Mistake, percent, TROUBLES } from '../finding.js';

/** Shares of the sample. */
const MANY_BLANK = 0.25;
const MANY_ALIKE = 0.5;
/** Of the data set. */
const MANY_UNREADABLE = 0.02;
/** A crop of so many times an image's side has pixels that are made up. */
const ENLARGED = 2;
/** An image of so many times a crop's side loses all detail. */
const SHRUNK = 16;

export function blankImages({ sample }: Evidence): Mistake | undefined {
  if (sample === undefined || sample.blank < MANY_BLANK * sample.images) return undefined;
  return {
    kind: 'blank-images',
    level: 'warning',
    title: l10n.t('blank images'),
    finding: l10n.t('Of {0} sampled images, {1} are blank: a single color.', sample.images, sample.blank),
    remedies: [l10n.t('take the blank images out of the data set')],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

export function imagesAlike({ sample }: Evidence): Mistake | undefined {
  if (sample === undefined || sample.alike < MANY_ALIKE * sample.images) return undefined;
  return {
    kind: 'images-alike',
    level: 'warning',
    title: l10n.t('images alike'),
    finding: l10n.t(
      'Of {0} sampled images, {1} look the same as another one: the network cannot tell them apart.',
      sample.images,
      sample.alike,
    ),
    remedies: [l10n.t('take the duplicates out of the data set, and add images that differ')],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

export function imagesEnlarged({ sample, settings }: Evidence): Mistake | undefined {
  const { image_size } = settings;
  if (sample === undefined || sample.medianSide === 0 || image_size <= ENLARGED * sample.medianSide) return undefined;
  return {
    kind: 'images-enlarged',
    level: 'warning',
    title: l10n.t('images smaller than the crops'),
    finding: l10n.t(
      'The images are enlarged: half of them have a side of at most {0} pixels, and the crops have {1} (image_size).',
      sample.medianSide,
      image_size,
    ),
    remedies: [
      settings.arch === 'vit'
        ? l10n.t(
            'set image_size to about {0} with a smaller patch_size, as the preset small-data does',
            sample.medianSide,
          )
        : l10n.t('set image_size to about {0} (now {1})', sample.medianSide, image_size),
    ],
    explains: TROUBLES,
  };
}

export function imagesShrunk({ sample, settings }: Evidence): Mistake | undefined {
  const { image_size } = settings;
  if (sample === undefined || sample.medianSide < SHRUNK * image_size) return undefined;
  return {
    kind: 'images-shrunk',
    level: 'note',
    title: l10n.t('images much larger than the crops'),
    finding: l10n.t(
      'The images lose their details: half of them have a side of {0} pixels or more, and the crops have {1} (image_size).',
      sample.medianSide,
      image_size,
    ),
    remedies: [l10n.t('raise image_size (now {0})', image_size)],
    explains: TROUBLES,
  };
}

export function unreadableImages({ images, unreadable = 0 }: Evidence): Mistake | undefined {
  if (unreadable < MANY_UNREADABLE * images || unreadable === 0) return undefined;
  return {
    kind: 'unreadable-images',
    level: 'warning',
    title: l10n.t('unreadable images'),
    finding: l10n.t('{0} of {1} images ({2} %) cannot be read.', unreadable, images, percent(unreadable / images)),
    remedies: [l10n.t('look at the log, which names them, and replace them')],
    isCurable: true,
    explains: [],
  };
}
