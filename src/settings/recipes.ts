/** What each method's own recipe has in the place of DINO's defaults. */
import type { MethodName } from '../method/methods/names.js';
import type { SettingsInput } from './settings.js';

export interface RecipeFacts {
  /** Number of images of the data set, when known. */
  readonly images?: number;
  /** Side in pixels of the images that the network is made for which a run starts from. */
  readonly imageSize?: number;
  /** Width of that network, when it is a ViT. */
  readonly width?: number;
}

/** Of fewer images smaller batches make more steps. */
const FEW_IMAGES = { most: 10_000, batch: 32 };
const USUAL_BATCH = 64;
/** Share of the images that are learned from at least, so that an epoch has a step. */
const LEAST_SHARE = 0.8;
/**
 * MAE's rate is for ViT-B and larger. On 1,000 images of Fashion-MNIST a network of width 64 reached 46 % of the test images with it in 300
 * steps of 64 images, and 59 % with this one in 620 steps of 32 (a linear probe: 57 %). What of this the rate did, and what the steps, was
 * not measured.
 */
const SMALL_NETWORK = { mostWidth: 192, lr: 0.016 };

/**
 * Fine-tuning: the defaults of MAE's main_finetune.py (learning rate, decays, length, drop path; a tenth of the epochs warm up), and DeiT's
 * crops without its RandAugment, mixup, cutmix and erasing.
 */
function finetune({ images = Number.POSITIVE_INFINITY, imageSize, width }: RecipeFacts): SettingsInput {
  const batch = images <= FEW_IMAGES.most ? FEW_IMAGES.batch : USUAL_BATCH;
  return {
    optimizer: 'adamw',
    lr: width !== undefined && width <= SMALL_NETWORK.mostWidth ? SMALL_NETWORK.lr : 1e-3,
    min_lr: 1e-6,
    weight_decay: 0.05,
    weight_decay_end: 0.05,
    epochs: 50,
    clip_grad: 0,
    drop_path_rate: 0.1,
    batch_size: Math.max(1, Math.min(batch, Math.floor(LEAST_SHARE * images))),
    global_crops_scale: [0.08, 1],
    local_crops_number: 0,
    jitter_strength: 0,
    solarize_probability: 0,
    ...(imageSize !== undefined && { image_size: imageSize }),
  };
}

const RECIPES: Partial<Record<MethodName, (facts: RecipeFacts) => SettingsInput>> = { finetune };

/** Undefined for DINO, whose recipe the defaults and the presets are. */
export const recipeOf = (method: unknown, facts: RecipeFacts): SettingsInput | undefined =>
  Object.entries(RECIPES).find(([name]) => name === method)?.[1]?.(facts);
