/** What each method's own recipe has in the place of DINO's defaults. */
import type { MethodName } from '../method/methods/names.js';
import type { SettingsInput } from './settings.js';

export interface RecipeFacts {
  /** Number of images of the data set, when known. */
  readonly images?: number;
  /** Side in pixels of the images that the network is made for which a run starts from. */
  readonly imageSize?: number;
}

/** Images of a step, and the share of the images that are learned from at least, so that an epoch has a step. */
const FINE_TUNING = { batch: 64, share: 0.8 };

/**
 * Fine-tuning: the defaults of MAE's main_finetune.py (learning rate, decays, length, drop path; a tenth of the epochs warm up), and DeiT's crops without its
 * RandAugment, mixup, cutmix and erasing.
 */
const finetune = ({ images, imageSize }: RecipeFacts): SettingsInput => ({
  optimizer: 'adamw',
  lr: 1e-3,
  min_lr: 1e-6,
  weight_decay: 0.05,
  weight_decay_end: 0.05,
  epochs: 50,
  clip_grad: 0,
  drop_path_rate: 0.1,
  batch_size:
    images === undefined
      ? FINE_TUNING.batch
      : Math.max(1, Math.min(FINE_TUNING.batch, Math.floor(FINE_TUNING.share * images))),
  global_crops_scale: [0.08, 1],
  local_crops_number: 0,
  jitter_strength: 0,
  solarize_probability: 0,
  ...(imageSize !== undefined && { image_size: imageSize }),
});

const RECIPES: Partial<Record<MethodName, (facts: RecipeFacts) => SettingsInput>> = { finetune };

/** Undefined for DINO, whose recipe the defaults and the presets are. */
export const recipeOf = (method: unknown, facts: RecipeFacts): SettingsInput | undefined =>
  Object.entries(RECIPES).find(([name]) => name === method)?.[1]?.(facts);
