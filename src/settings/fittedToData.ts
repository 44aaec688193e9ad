import { type ImageSize, PRESETS, type PresetName, settingsForSize } from './presets.js';
import { type SettingsInput, settingsSchema } from './settings.js';
import { planInEpochs } from './stepPlan.js';
import { whole } from './values.js';

/**
 * What a preset leaves to the data set: sizes in pixels to that of its images, and what counts epochs to its number of images.
 * @param data number of images and their median size, when known
 * @param chosen what the file and single settings say: a batch and a length of the run are kept
 * @param patchSize of the weights that the training starts from, if any: crops then have as many of these patches as of the preset's
 */
export function fittedToData(
  preset: PresetName,
  { images, medianSize }: { readonly images?: number; readonly medianSize?: ImageSize },
  chosen: Readonly<Record<string, unknown>>,
  patchSize?: number,
): SettingsInput {
  const { settings, plan } = PRESETS[preset];
  const ofSize = medianSize && settingsForSize(preset, medianSize);
  const sizes = patchSize === undefined ? ofSize : { ...ofSize, ...sizesFor(patchSize, { ...settings, ...ofSize }) };
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

/** Where the preset leaves sizes to the original's, only those that such patches do not fill become others: 98 in the place of 96 for 14. */
function sizesFor(patchSize: number, { patch_size, image_size, local_size }: SettingsInput): SettingsInput {
  const sized = (side: number, of: number) => Math.max(1, Math.round(side / of)) * patchSize;
  if (patch_size !== undefined && image_size !== undefined && local_size !== undefined)
    return { image_size: sized(image_size, patch_size), local_size: sized(local_size, patch_size) };
  return Object.fromEntries(
    (['image_size', 'local_size'] as const).flatMap((key) => {
      const side = settingsSchema.shape[key].parse(undefined);
      return side % patchSize === 0 ? [] : [[key, sized(side, patchSize)]];
    }),
  );
}

/** What is no such number is named where all settings are checked. */
function countGiven(value: unknown): number | undefined {
  const count = whole(1, 1_000_000).safeParse(value);
  return count.success ? count.data : undefined;
}
