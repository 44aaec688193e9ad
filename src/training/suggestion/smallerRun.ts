/** What makes a run take less memory where nothing with the same result is enough. */
import type { MethodName } from '../../method/methods/names.js';
import { isDistilled } from '../../settings/parts/distillation.js';
import { isPresetName, outDimFor, type PresetName } from '../../settings/presets.js';
import type { Settings } from '../../settings/settings.js';
import { hasPatchHead } from '../../settings/specs.js';
import { partsChangeResult } from '../methods/index.js';

/** What takes the place of what was asked for: that much and no more. */
export interface Smallness {
  readonly preset?: PresetName;
  readonly set: SmallerSettings;
}

type SmallerSettings = Readonly<
  Partial<Pick<Settings, 'batch_size' | 'out_dim' | 'ibot_head_n_prototypes' | 'image_size' | 'local_size'>>
>;

/** The presets of small networks, the largest first. */
const SMALLER_PRESETS: Readonly<Record<MethodName, readonly PresetName[]>> = {
  dino: ['small', 'tiny', 'few-images'],
  dinov2: ['dinov2-few-images'],
  // The weights that it starts from decide on the network.
  finetune: [],
};

/** @param preset that was asked for, or chosen for the images */
export const smallerPresets = ({ method }: Settings, preset: string | undefined): readonly PresetName[] => {
  const presets = SMALLER_PRESETS[method];
  return presets.slice((preset !== undefined && isPresetName(preset) ? presets.indexOf(preset) : -1) + 1);
};

/** Where parts of a batch do not give its result: ever smaller batches, the largest first. */
export function smallerBatches(settings: Settings): SmallerSettings[] {
  if (!partsChangeResult(settings)) return [];
  const { batch_size, gradient_accumulation_steps: parts, gpus } = settings;
  const batches: SmallerSettings[] = [];
  for (let half = batch_size / 2; half >= LEAST_PART * parts && half % (parts * gpus) === 0; half /= 2)
    batches.push({ batch_size: half });
  return batches;
}

/** Of fewer images nothing is learned that compares them. */
const LEAST_PART = 2;

/** As many prototypes as so many images have a use for; undefined where there are no more of them already, or a teacher decides how many. */
export function fewerPrototypes(settings: Settings, images: number): SmallerSettings | undefined {
  if (settings.method === 'finetune' || isDistilled(settings)) return undefined;
  const most = outDimFor(images);
  const fewer: SmallerSettings = {
    ...(settings.out_dim > most && { out_dim: most }),
    ...(hasPatchHead(settings) && settings.ibot_head_n_prototypes > most && { ibot_head_n_prototypes: most }),
  };
  return Object.keys(fewer).length === 0 ? undefined : fewer;
}

/** So many patches a side are enough to tell parts of an image apart (the preset few-images). */
const LEAST_PATCHES = 6;
/** Of a ResNet, which has no patches. */
const LEAST_PIXELS = 32;

/** Ever smaller crops, the largest first: half the side of those before. A local crop is half as wide as a global one at most. */
export function smallerCrops({ arch, image_size, patch_size, local_size, local_crops_number }: Settings) {
  const [unit, least] = arch === 'vit' ? [patch_size, LEAST_PATCHES * patch_size] : [1, LEAST_PIXELS];
  const whole = (side: number): number => Math.floor(side / unit) * unit;
  const crops: SmallerSettings[] = [];
  for (let side = whole(image_size / 2); side >= least; side = whole(side / 2)) {
    const local = Math.min(local_size, whole(side / 2));
    crops.push({ image_size: side, ...(local_crops_number > 0 && local < local_size && { local_size: local }) });
  }
  return crops;
}

/** `a batch of 32`, `the preset tiny with 1,024 prototypes`. */
export function smallnessText({ preset, set }: Smallness): string {
  const { batch_size, out_dim, ibot_head_n_prototypes: ofPatches, image_size, local_size } = set;
  const prototypes = out_dim ?? ofPatches;
  const parts = [
    ...(batch_size === undefined ? [] : [`a batch of ${batch_size}`]),
    ...(prototypes === undefined ? [] : [`${prototypes.toLocaleString('en')} prototypes`]),
    ...(image_size === undefined
      ? []
      : [`crops of ${image_size} pixels${local_size === undefined ? '' : ` and ${local_size}`}`]),
  ];
  const list = [parts.slice(0, -1).join(', '), ...parts.slice(-1)].filter((part) => part !== '').join(' and ');
  if (preset === undefined) return list;
  return list === '' ? `the preset ${preset}` : `the preset ${preset} with ${list}`;
}
