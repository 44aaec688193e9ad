import { type ImageSize, isLarge, PRESETS, type PresetName } from './presets.js';
import { type SettingsInput, settingsSchema } from './settings.js';
import { planInEpochs } from './stepPlan.js';
import { whole } from './values.js';

/**
 * What a preset leaves to the data set: sizes in pixels to that of its images, and what counts epochs to its number of images.
 * @param data number of images and their median size, when known
 * @param chosen what the file and single settings say: a batch and a length of the run are kept
 */
export function fittedToData(
  preset: PresetName,
  { images, medianSize }: { readonly images?: number; readonly medianSize?: ImageSize },
  chosen: Readonly<Record<string, unknown>>,
): SettingsInput {
  const { settings, forLargeImages, plan } = PRESETS[preset];
  const sizes = medianSize && isLarge(medianSize) ? forLargeImages : undefined;
  if (images === undefined) return { ...sizes };
  const presetBatch = settings.batch_size ?? settingsSchema.shape.batch_size.parse(undefined);
  const given = countGiven(chosen['batch_size']);
  const batch = given ?? Math.min(presetBatch, images);
  return {
    ...sizes,
    ...(given === undefined && batch < presetBatch && { batch_size: batch }),
    ...(plan && planInEpochs(plan, Math.max(1, Math.floor(images / batch)), countGiven(chosen['epochs']))),
  };
}

/** What is no such number is named where all settings are checked. */
function countGiven(value: unknown): number | undefined {
  const count = whole(1, 1_000_000).safeParse(value);
  return count.success ? count.data : undefined;
}
