/** The preset of a run whose settings name none. */
import { type ImageSize, isLarge, isPresetName, PRESET_NAMES, type PresetName } from './presets.js';
import { SettingsError, shown } from './problems.js';
import type { SettingsRequest } from './resolve.js';
import { SETTINGS } from './settings.js';

/** Up to so many images a small network learns more, in minutes, than a large one in hours. */
const FEW_IMAGES = 10_000;
/** From about ImageNet's size on, ViT-S is no longer held back by the data. */
const MANY_IMAGES = 500_000;

/**
 * The presets for somebody who chose none, the best first: each takes the place of the one before it where that one's method does not
 * allow what was set. From few images DINOv2's recipe learns more than DINO's (EXPERIMENTS.md).
 * @param images how many images the data set has
 * @param medianSize their median size, when known
 * @param method that was chosen, if any
 */
export function presetsFor(
  images: number,
  medianSize?: ImageSize,
  method?: unknown,
): readonly [PresetName, ...PresetName[]] {
  const isSmall = medianSize !== undefined && !isLarge(medianSize);
  if (method === 'dinov2') return [images <= FEW_IMAGES || isSmall ? 'dinov2-few-images' : 'dinov2'];
  if (images <= FEW_IMAGES) return method === undefined ? ['dinov2-few-images', 'few-images'] : ['few-images'];
  if (isSmall) return ['small-data'];
  return [images >= MANY_IMAGES ? 'small' : 'tiny'];
}

/**
 * The one that was named, or those that can be chosen, the best first.
 * @param told what the config file, VS Code and single settings say
 * @param hasRecipe whether the method has settings of its own for what presets are about
 * @throws SettingsError when the one that was named is none
 */
export function presetsOf(
  request: SettingsRequest,
  presetOfFile: unknown,
  { told, hasRecipe }: { readonly told: Readonly<Record<string, unknown>>; readonly hasRecipe: boolean },
): readonly (PresetName | undefined)[] {
  const named = request.preset ?? presetOfFile;
  if (named !== undefined) {
    if (typeof named === 'string' && isPresetName(named)) return [named];
    throw new SettingsError([`preset is ${shown(named)}, but must be one of ${PRESET_NAMES.join(', ')}.`]);
  }
  // A config file without a preset means the original's defaults for what it leaves out.
  if (hasRecipe || request.configFile !== undefined || request.run || request.images === undefined) return [undefined];
  // Weights that are gone on from, and arguments of the original, are DINO's unless a method is named.
  const isOfDino =
    request.init !== undefined || Object.keys(told).some((key) => !Object.hasOwn(SETTINGS.schema.shape, key));
  return presetsFor(request.images, request.medianSize, told['method'] ?? (isOfDino ? 'dino' : undefined));
}
