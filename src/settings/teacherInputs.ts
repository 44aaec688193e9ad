/** The settings that decide what a teacher is given in each step, and how it is computed: runs that share its outputs have them in common. */
import type { SettingKey, Settings } from './settings.js';

/** Which images, in which order, and how their global crops are cut. */
const OF_CROPS = [
  ...(['seed', 'batch_size', 'image_size', 'in_chans', 'global_crops_scale', 'blur_radius'] as const),
  ...(['blur_probability', 'jitter_strength', 'solarize_probability', 'precision', 'ibot_loss_weight'] as const),
] as const;
/** Which of their patches are chosen: each part of a batch has masks of its own. */
const OF_MASKS = [
  ...(['patch_size', 'mask_sample_probability', 'mask_ratio_min_max', 'gradient_accumulation_steps'] as const),
] as const;

export type TeacherInputs = Readonly<Partial<Record<SettingKey, unknown>>>;

export function teacherInputs(settings: Settings): TeacherInputs {
  const keys = hasPatches(settings) ? [...OF_CROPS, ...OF_MASKS] : OF_CROPS;
  return Object.fromEntries(keys.map((key) => [key, settings[key]]));
}

/** `seed 0 (here 1)` for each setting that differs. */
export function differences(recorded: TeacherInputs, settings: Settings): string[] {
  const here = teacherInputs(settings);
  const differs = (key: SettingKey) => compared(key, recorded) !== compared(key, here);
  return (Object.keys(here) as SettingKey[])
    .filter(differs)
    .map((key) => `${key} ${JSON.stringify(recorded[key])} (here ${JSON.stringify(here[key])})`);
}

/** Of the weight it only counts whether there is any: then patches are computed, too. */
const compared = (key: SettingKey, values: TeacherInputs): string =>
  JSON.stringify(key === 'ibot_loss_weight' ? hasPatches(values) : values[key]) ?? '';

const hasPatches = ({ ibot_loss_weight }: TeacherInputs): boolean => Number(ibot_loss_weight) > 0;
