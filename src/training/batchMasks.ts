/** Which patches of a step's global crops are masked: what training takes, and what a preview shows. */
import { type MaskSpec, maskDraws, maskedOf, masksOfCrops, patchesOf } from '../method/masks/maskedCrops.js';
import { GLOBALS } from '../method/methods/dino.js';
import type { Settings } from '../settings/settings.js';
import { type MaskSettings, maskSpec } from '../settings/specs.js';

/** @returns masks of one part of a step, [global crops, images of the part, patches] */
export const masksOfPart = (
  { seed }: Pick<Settings, 'seed'>,
  step: number,
  { part, images }: { readonly part: number; readonly images: number },
  spec: MaskSpec,
): Uint8Array => masksOfCrops(GLOBALS * images, spec, maskDraws(seed, step, part));

type BatchSettings = Omit<MaskSettings, 'method'> &
  Pick<Settings, 'seed' | 'batch_size' | 'gradient_accumulation_steps'>;

export interface BatchMasks {
  /** Patches of a global crop; 0 where no crop is masked. */
  readonly rows: number;
  readonly columns: number;
  /** [images, global crops, rows, columns], 1 where a patch is masked. */
  readonly masks: Uint8Array;
}

/** The masks of a whole batch of DINOv2, image by image. @param step made steps before it, from 0 */
export function batchMasks(settings: BatchSettings, step: number): BatchMasks {
  const { batch_size: batch, gradient_accumulation_steps: parts } = settings;
  const spec = maskSpec({ ...settings, method: 'dinov2' });
  const images = batch / parts;
  if (spec === undefined || maskedOf(GLOBALS * images, spec) === 0)
    return { rows: 0, columns: 0, masks: new Uint8Array() };
  const patches = patchesOf(spec);
  const masks = new Uint8Array(batch * GLOBALS * patches);
  for (let part = 0; part < parts; part++) {
    const drawn = masksOfPart(settings, step, { part, images }, spec);
    for (let crop = 0; crop < GLOBALS * images; crop++) {
      const [global, image] = [Math.floor(crop / images), part * images + (crop % images)];
      const mask = drawn.subarray(crop * patches, (crop + 1) * patches);
      masks.set(mask, (image * GLOBALS + global) * patches);
    }
  }
  return { ...spec.grid, masks };
}
