/** A projection head that does not fit the data. */
import * as l10n from '@vscode/l10n';
import { outDimFor } from '../../settings/presets.js';
import type { Evidence } from '../evidence.js';
import { type Mistake, TROUBLES } from '../finding.js';

/** Times what suits the number of images: most prototypes would have no image at all. */
const MANY = 8;
/** Fewer cannot tell more than a handful of kinds of images apart. */
const LEAST_PROTOTYPES = 32;
/** Directions of fewer dimensions lie too close to each other for many prototypes. */
const LEAST_BOTTLENECK = 8;
const USUAL_BOTTLENECK = 256;

export function tooManyPrototypes({ settings, images }: Evidence): Mistake | undefined {
  const { out_dim } = settings;
  const fitting = outDimFor(images);
  if (out_dim < MANY * fitting) return undefined;
  return {
    kind: 'too-many-prototypes',
    level: 'warning',
    title: l10n.t('too many prototypes'),
    finding: l10n.t(
      '{0} prototypes (out_dim) are far too many for {1} images: most prototypes never get an image.',
      out_dim,
      images,
    ),
    remedies: [l10n.t('lower out_dim to {0} (now {1})', fitting, out_dim)],
    explains: ['uniform', 'flat', ...TROUBLES],
  };
}

/** Each target is spread over at least so many prototypes: its entropy is at least the logarithm. The original's has some 20. */
const MOST_PER_CROP = 256;

/** Sinkhorn-Knopp uses all prototypes alike, and divides them among the global crops. */
export function prototypesSharedThin({ settings }: Evidence): Mistake | undefined {
  const { method, centering, out_dim, batch_size, gradient_accumulation_steps } = settings;
  const crops = (2 * batch_size) / gradient_accumulation_steps;
  const perCrop = out_dim / crops;
  if (method !== 'dinov2' || centering !== 'sinkhorn_knopp' || perCrop <= MOST_PER_CROP) return undefined;
  return {
    kind: 'prototypes-shared-thin',
    level: 'warning',
    title: l10n.t('too many prototypes for Sinkhorn-Knopp'),
    finding: l10n.t(
      '{0} prototypes (out_dim) are too many for Sinkhorn-Knopp with {1} global crops: it uses all of them alike, and so spreads each target over {2} or more.',
      out_dim,
      crops,
      Math.round(perCrop),
    ),
    remedies: [
      l10n.t('lower out_dim to {0} (now {1})', MOST_PER_CROP * crops, out_dim),
      l10n.t('raise batch_size (now {0})', batch_size),
      l10n.t('set centering to centering'),
    ],
    explains: ['uniform', 'patches-alike', 'flat', ...TROUBLES],
  };
}

export function tooFewPrototypes({ settings, images }: Evidence): Mistake | undefined {
  const { out_dim } = settings;
  if (out_dim >= LEAST_PROTOTYPES) return undefined;
  return {
    kind: 'too-few-prototypes',
    level: 'warning',
    title: l10n.t('too few prototypes'),
    finding: l10n.t('{0} prototypes (out_dim) are too few to tell images apart.', out_dim),
    remedies: [l10n.t('raise out_dim to {0} (now {1})', outDimFor(images), out_dim)],
    explains: ['same-answers', 'uniform', 'one-dimension', 'flat', ...TROUBLES],
  };
}

export function bottleneckTooNarrow({ settings }: Evidence): Mistake | undefined {
  const { head_bottleneck_dim } = settings;
  if (head_bottleneck_dim >= LEAST_BOTTLENECK) return undefined;
  return {
    kind: 'bottleneck-too-narrow',
    level: 'warning',
    title: l10n.t('bottleneck too narrow'),
    finding: l10n.t(
      'The bottleneck of the projection head is only {0} wide (head_bottleneck_dim): the prototypes cannot be told apart in it.',
      head_bottleneck_dim,
    ),
    remedies: [l10n.t('raise head_bottleneck_dim to {0} (now {1})', USUAL_BOTTLENECK, head_bottleneck_dim)],
    explains: ['same-answers', 'uniform', 'one-dimension', 'flat', ...TROUBLES],
  };
}
