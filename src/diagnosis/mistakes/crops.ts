/** Views of an image that have nothing in common, or nothing to tell them apart. */
import * as l10n from '@vscode/l10n';
import type { Evidence } from '../evidence.js';
import { COLLAPSES, type Mistake, TROUBLES } from '../finding.js';

/** A network of a single patch has nothing for attention to relate. */
const LEAST_PATCHES = 2;
/** Mean share of the area: two crops of it have, on average, hardly anything in common. */
const SMALL_GLOBAL = 0.15;
/** The original's is .225 on average: a seventh of that shows texture alone. */
const SMALL_LOCAL = 0.03;
/** Twice the original's on average. */
const LARGE_LOCAL = 0.45;
/** From here on all crops are the whole image. */
const WHOLE = 0.9;
/** The original's is 1; at 2.5 emoji were seen not to be learned. */
const WEAK_JITTER = 0.25;
const STRONG_JITTER = 2;
const OFTEN_SOLARIZED = 0.6;
/** Share of the crop's side: a blur of such a radius leaves nothing but its mean colors. */
const WIDE_BLUR = 1 / 8;
const USUAL = { global: '[0.4, 1]', globalAlone: '[0.14, 1]', local: '[0.05, 0.4]' };

const shown = ([low, high]: readonly [number, number]): string => `[${low}, ${high}]`;
const middle = ([low, high]: readonly [number, number]): number => (low + high) / 2;

export function onePatch({ settings }: Evidence): Mistake | undefined {
  const { image_size, local_size, local_crops_number, patch_size } = settings;
  if (settings.arch !== 'vit') return undefined;
  const isLocal = image_size >= LEAST_PATCHES * patch_size;
  if (isLocal && (local_crops_number === 0 || local_size >= LEAST_PATCHES * patch_size)) return undefined;
  const [key, size] = isLocal ? ['local_size', local_size] : ['image_size', image_size];
  return {
    kind: 'one-patch',
    level: 'warning',
    title: l10n.t('a crop is one patch'),
    finding: l10n.t(
      'A crop of {0} pixels ({1}) is a single patch of {2} pixels (patch_size): there are no parts that attention could relate.',
      size,
      key,
      patch_size,
    ),
    remedies: [
      l10n.t('lower patch_size to {0} (now {1})', Math.max(1, Math.floor(size / 4)), patch_size),
      l10n.t('raise {0} (now {1})', key, size),
    ],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

export function globalCropsTooSmall({ settings }: Evidence): Mistake | undefined {
  const { global_crops_scale } = settings;
  if (middle(global_crops_scale) >= SMALL_GLOBAL || isExchanged(settings)) return undefined;
  return {
    kind: 'global-crops-too-small',
    level: 'warning',
    title: l10n.t('global crops too small'),
    finding: l10n.t(
      'The global crops cover too little of an image (global_crops_scale {0}): two of them have hardly anything in common.',
      shown(global_crops_scale),
    ),
    remedies: [l10n.t('set global_crops_scale to {0} (now {1})', USUAL.global, shown(global_crops_scale))],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

export function localCropsTooSmall({ settings }: Evidence): Mistake | undefined {
  const { local_crops_scale, local_crops_number } = settings;
  if (local_crops_number === 0 || middle(local_crops_scale) >= SMALL_LOCAL) return undefined;
  return {
    kind: 'local-crops-too-small',
    level: 'warning',
    title: l10n.t('local crops too small'),
    finding: l10n.t(
      'The local crops cover too little of an image (local_crops_scale {0}) to show what it is of.',
      shown(local_crops_scale),
    ),
    remedies: [l10n.t('set local_crops_scale to {0} (now {1})', USUAL.local, shown(local_crops_scale))],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

/** Global crops that are too small are smaller than usual local ones, too, but it is not these that are wrong. */
function isExchanged({ global_crops_scale, local_crops_scale, local_crops_number }: Evidence['settings']): boolean {
  const [global, local] = [middle(global_crops_scale), middle(local_crops_scale)];
  return local_crops_number > 0 && local > global && (global >= SMALL_GLOBAL || local >= LARGE_LOCAL);
}

export function cropsExchanged({ settings }: Evidence): Mistake | undefined {
  const { global_crops_scale, local_crops_scale } = settings;
  if (!isExchanged(settings)) return undefined;
  return {
    kind: 'crops-exchanged',
    level: 'warning',
    title: l10n.t('local crops larger than global ones'),
    finding: l10n.t(
      'The local crops cover more of an image than the global ones (local_crops_scale {0}, global_crops_scale {1}): the teacher sees less than the student.',
      shown(local_crops_scale),
      shown(global_crops_scale),
    ),
    remedies: [l10n.t('set global_crops_scale to {0} and local_crops_scale to {1}', USUAL.global, USUAL.local)],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

export function viewsAlike({ settings }: Evidence): Mistake | undefined {
  const { global_crops_scale, local_crops_scale, local_crops_number, jitter_strength } = settings;
  const areWhole = global_crops_scale[0] >= WHOLE && (local_crops_number === 0 || local_crops_scale[0] >= WHOLE);
  if (!areWhole || jitter_strength > WEAK_JITTER) return undefined;
  return {
    kind: 'views-alike',
    level: 'warning',
    title: l10n.t('views all alike'),
    finding: l10n.t(
      'All views of an image are nearly the same (global_crops_scale {0}, jitter_strength {1}): to match them the network need not learn anything.',
      shown(global_crops_scale),
      jitter_strength,
    ),
    remedies: [
      l10n.t(
        'set global_crops_scale to {0} (now {1})',
        local_crops_number === 0 ? USUAL.globalAlone : USUAL.global,
        shown(global_crops_scale),
      ),
      l10n.t('raise jitter_strength to 1 (now {0})', jitter_strength),
    ],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

export function noLocalCrops({ settings }: Evidence): Mistake | undefined {
  const { local_crops_number, global_crops_scale } = settings;
  if (local_crops_number > 0) return undefined;
  return {
    kind: 'no-local-crops',
    level: 'note',
    title: l10n.t('no local crops'),
    finding: l10n.t('There are no local crops (local_crops_number 0), with which DINO learns much better.'),
    remedies: [
      l10n.t('set local_crops_number to 8 (now 0)'),
      l10n.t('set global_crops_scale to {0} (now {1})', USUAL.globalAlone, shown(global_crops_scale)),
    ],
    explains: TROUBLES,
  };
}

export function colorsDestroyed({ settings }: Evidence): Mistake | undefined {
  const { jitter_strength, solarize_probability } = settings;
  if (jitter_strength <= STRONG_JITTER && solarize_probability <= OFTEN_SOLARIZED) return undefined;
  return {
    kind: 'colors-destroyed',
    level: 'warning',
    title: l10n.t('colors changed beyond recognition'),
    finding: l10n.t(
      'The colors of the crops are changed beyond recognition (jitter_strength {0}, solarize_probability {1}).',
      jitter_strength,
      solarize_probability,
    ),
    remedies: [
      jitter_strength > STRONG_JITTER && l10n.t('lower jitter_strength to 1 (now {0})', jitter_strength),
      solarize_probability > OFTEN_SOLARIZED &&
        l10n.t('lower solarize_probability to 0.2 (now {0})', solarize_probability),
    ],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

export function blurredAway({ settings }: Evidence): Mistake | undefined {
  const { blur_radius, image_size } = settings;
  const widest = blur_radius[1];
  if (widest <= WIDE_BLUR * image_size) return undefined;
  return {
    kind: 'blurred-away',
    level: 'warning',
    title: l10n.t('blur too wide'),
    finding: l10n.t(
      'A blur of up to {0} pixels (blur_radius) leaves little of a crop of {1} pixels.',
      widest,
      image_size,
    ),
    remedies: [
      l10n.t('lower blur_radius to [0.1, {0}] (now {1})', rounded2((2 * image_size) / 224), shown(blur_radius)),
    ],
    explains: [...COLLAPSES, ...TROUBLES, 'flat'],
  };
}

/** A radius, which 0.1 is the least of. */
const rounded2 = (radius: number): number => Math.max(0.2, Number(radius.toFixed(1)));
