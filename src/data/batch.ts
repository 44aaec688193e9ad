/** One training batch, made by the pool ahead of the step. */
export interface Batch {
  readonly epoch: number;
  /** Position of the batch in its epoch, from 0. */
  readonly iteration: number;
  /** Index in the data set of each item of the batch. */
  readonly items: Int32Array;
  readonly views: Views;
  /** Items found unreadable while this batch was made (each replaced by the next readable item of the epoch's order). */
  readonly unreadable: readonly UnreadableItem[];
}

/** The arrays of a batch by name, each [views, batch, ...]: all items' first view, then all second ones. */
export type Views = Readonly<Record<string, Float32Array>>;

/** One of the arrays. @throws Error when the kind of data gives none of this name */
export function viewsNamed(views: Views, name: string): Float32Array {
  const found = views[name];
  if (found === undefined)
    throw new Error(`The method is trained on ${name}, but this kind of data gives ${Object.keys(views).join(', ')}.`);
  return found;
}

export interface UnreadableItem {
  readonly name: string;
  readonly reason: string;
}

/** At it the hue may become any. */
export const MAX_JITTER_STRENGTH = 5;

/** What the augmentation of a training draws from; scales are shares of the image's area. */
export interface AugmentationSpec {
  /** DINO's global and local crops; or one crop of each image as large as a global one, as where labels are learned. */
  readonly crops: 'multi-crop' | 'single';
  readonly globalCropsScale: readonly [number, number];
  readonly localCropsScale: readonly [number, number];
  readonly localCropsNumber: number;
  /** Least and largest standard deviation of the blur, in pixels of the crop. */
  readonly blurRadius: readonly [number, number];
  /** How often the first global crop, the second one, and local ones are blurred. When left out: as in DINO. */
  readonly blurProbabilities?: readonly [first: number, second: number, local: number];
  /** What the numbers of the original's ColorJitter(0.4, 0.4, 0.2, 0.1) are multiplied by, 0 to {@link MAX_JITTER_STRENGTH}. */
  readonly jitterStrength: number;
  /** Of the second global crop, or of the single one. */
  readonly solarizeProbability: number;
  readonly imageSize: number;
  readonly localSize: number;
  readonly channels: number;
}

/** The settings that say how images are cropped. */
export interface CropSettings {
  readonly method: string;
  readonly global_crops_scale: AugmentationSpec['globalCropsScale'];
  readonly local_crops_scale: AugmentationSpec['localCropsScale'];
  readonly local_crops_number: number;
  readonly blur_radius: AugmentationSpec['blurRadius'];
  readonly jitter_strength: number;
  readonly solarize_probability: number;
  readonly image_size: number;
  readonly local_size: number;
  readonly in_chans: number;
  readonly blur_probability?: keyof typeof DINOV2_BLUR;
}

/** The method that learns labels. */
const FINE_TUNING = 'finetune';
/** Of both global crops and of local ones: DINOv2's code blurs with 1 less the probability that it asks for (data/transforms.py, `GaussianBlur`). */
const DINOV2_BLUR = { as_trained: [0, 0.9, 0.5], as_intended: [1, 0.1, 0.5] } as const;

export const augmentationSpec = (settings: CropSettings): AugmentationSpec => ({
  crops: settings.method === FINE_TUNING ? 'single' : 'multi-crop',
  globalCropsScale: settings.global_crops_scale,
  localCropsScale: settings.local_crops_scale,
  localCropsNumber: settings.local_crops_number,
  blurRadius: settings.blur_radius,
  jitterStrength: settings.jitter_strength,
  solarizeProbability: settings.solarize_probability,
  imageSize: settings.image_size,
  localSize: settings.local_size,
  channels: settings.in_chans,
  ...(settings.method === 'dinov2' && { blurProbabilities: DINOV2_BLUR[settings.blur_probability ?? 'as_trained'] }),
});
