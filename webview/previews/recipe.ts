/** What was done to a crop, in words. Pure: no DOM. */
import * as l10n from '@vscode/l10n';
import type { Crops } from '../../src/protocol/previews.js';

export type CropRecord = Crops['records'][number];
type Jitter = NonNullable<CropRecord['jitter']>;

/** `Global 1`, `Global 2`, then `Local 1` and so on; or `Crop` where there is a single one. */
export function cropName({ kind }: CropRecord, crop: number): string {
  if (kind === 'single') return l10n.t('Crop');
  return kind === 'global' ? l10n.t('Global {0}', crop + 1) : l10n.t('Local {0}', crop - 1);
}

/** Both networks see the global crops, the student alone the local ones (section 3.1 of the paper); of a fine-tuning there is one network. */
export function seenBy({ kind }: CropRecord): string {
  if (kind === 'single') return l10n.t('network');
  return kind === 'global' ? l10n.t('student + teacher') : l10n.t('student');
}

/** In the order in which it was done: where it was cut, then what was changed; what was left out of it is not told. */
export function recipeOf(record: CropRecord, image: { readonly width: number; readonly height: number }): string[] {
  const { box, size, flipped, jitter, gray, blurRadius, solarized } = record;
  const share = (100 * box.width * box.height) / (image.width * image.height);
  const steps = [
    l10n.t('{0} % of the area', share < 10 ? share.toFixed(1) : Math.round(share)),
    `${box.width} × ${box.height} → ${size} px`,
  ];
  if (flipped) steps.push(l10n.t('flipped'));
  if (jitter) steps.push(jitter.order.map((operation) => jitterStep(operation, jitter)).join(', '));
  if (gray) steps.push(l10n.t('gray'));
  if (blurRadius !== undefined) steps.push(l10n.t('blurred, radius {0} px', blurRadius.toFixed(2)));
  if (solarized) steps.push(l10n.t('solarized'));
  return steps;
}

function jitterStep(operation: keyof Omit<Jitter, 'order'>, jitter: Jitter): string {
  if (operation !== 'hue') return `${operation} × ${jitter[operation].toFixed(2)}`;
  const degrees = Math.round(jitter.hue * 360);
  return l10n.t('hue {0}{1}°', degrees < 0 ? '−' : '+', Math.abs(degrees));
}
