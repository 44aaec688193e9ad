/** The preset of a run whose settings name none. */
import { dinov2 } from './parts/dinov2.js';
import { type ImageSize, isLarge, isPresetName, PRESET_NAMES, PRESETS, type PresetName } from './presets.js';
import { SettingsError, shown } from './problems.js';
import type { SettingsRequest } from './resolve.js';
import { SETTINGS } from './settings.js';

/** Up to so many images a small network learns more, in minutes, than a large one in hours. */
export const FEW_IMAGES = 10_000;
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

/** Those that a run may have, the best first; undefined for none. */
export interface PresetChoice {
  readonly presets: readonly (PresetName | undefined)[];
  /** Why it is not the one that most data sets of this size get: a sentence. */
  readonly note?: string;
}

/**
 * The one that was named, or those that can be chosen.
 * @param told what the config file, VS Code and single settings say
 * @param hasRecipe whether the method has settings of its own for what presets are about
 * @throws SettingsError when the one that was named is none, or is of another method than the one that was named
 */
export function choosePreset(
  request: SettingsRequest,
  presetOfFile: unknown,
  { told, hasRecipe }: { readonly told: Readonly<Record<string, unknown>>; readonly hasRecipe: boolean },
): PresetChoice {
  const named = request.preset ?? presetOfFile;
  if (named !== undefined) return { presets: [requirePreset(named, told['method'])] };
  const { images, medianSize } = request;
  // A config file without a preset means the original's defaults for what it leaves out.
  if (hasRecipe || request.configFile !== undefined || request.run || images === undefined)
    return { presets: [undefined] };
  if (told['method'] !== undefined) return { presets: presetsFor(images, medianSize, told['method']) };
  const usual = presetsFor(images, medianSize);
  const [method, why] = impliedMethod(request, told);
  if (method === undefined) return { presets: usual };
  const presets = presetsFor(images, medianSize, method);
  if (presets[0] === usual[0]) return { presets };
  return { presets, note: `The preset is ${presets[0]}, not ${usual[0]}: ${why}, unless method says otherwise.` };
}

function requirePreset(named: unknown, method: unknown): PresetName {
  if (typeof named !== 'string' || !isPresetName(named))
    throw new SettingsError([`preset is ${shown(named)}, but must be one of ${PRESET_NAMES.join(', ')}.`]);
  const { method: own } = PRESETS[named].settings;
  if (own !== undefined && method !== undefined && method !== own)
    throw new SettingsError([
      `method is ${shown(method)}, but the preset ${named} is of ${own}: leave one of them out.`,
    ]);
  return named;
}

/** By settings that only DINOv2 has; else weights that a run starts from, and arguments of the original, are DINO's. */
function impliedMethod(
  { init }: SettingsRequest,
  told: Readonly<Record<string, unknown>>,
): readonly [method?: 'dino' | 'dinov2', why?: string] {
  const keys = Object.keys({ ...init?.values, ...told });
  const ofDinov2 = keys.find((key) => Object.hasOwn(dinov2.fixed, key));
  if (ofDinov2 !== undefined) return ['dinov2', `${ofDinov2} is a setting of DINOv2`];
  const ofOriginal = keys.find((key) => !Object.hasOwn(SETTINGS.schema.shape, key));
  if (ofOriginal !== undefined)
    return ['dino', `${ofOriginal} is an argument of DINO's original, which trains by DINO`];
  return init === undefined ? [] : ['dino', 'a run that starts from weights trains by DINO'];
}
