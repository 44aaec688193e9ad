import type { SettingsInput } from './settings.js';
import type { StepPlan } from './stepPlan.js';

export interface Preset {
  readonly title: string;
  /** One sentence for the quick pick. */
  readonly description: string;
  /** What differs from the original's defaults. */
  readonly settings: SettingsInput;
  /** What takes the place of these settings for large images, whose detail would be lost. */
  readonly forLargeImages?: SettingsInput;
  /** The same for tiny ones, of which a small crop shows too few pixels to tell what it is. */
  readonly forTinyImages?: SettingsInput;
  /** Where the number of images is known, it takes the place of what `settings` count in epochs. */
  readonly plan?: StepPlan;
}

export const PRESET_NAMES = [
  'tiny',
  'small',
  'base',
  'resnet50',
  'small-data',
  'few-images',
  'dinov2',
  'dinov2-few-images',
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  tiny: {
    title: 'Tiny',
    description: 'ViT-Ti/16 (5.5 million weights): the quickest network for photographs, a good first try.',
    settings: { embed_dim: 192, depth: 12, num_heads: 3 },
  },
  small: {
    title: 'Small',
    description: 'ViT-S/16 (21 million weights): what the paper trains most, at its best with a GPU.',
    settings: { embed_dim: 384, depth: 12, num_heads: 6 },
  },
  base: {
    title: 'Base',
    description: 'ViT-B/16 (86 million weights): the strongest of the three, for large data sets and large GPUs.',
    settings: { embed_dim: 768, depth: 12, num_heads: 12 },
  },
  resnet50: {
    title: 'ResNet-50',
    description: 'ResNet-50 (23.5 million weights), as the original trains it, by SGD: has no attention to look at.',
    // README.md of the original: "DINO with a ResNet-50".
    settings: {
      arch: 'resnet50',
      optimizer: 'sgd',
      lr: 0.03,
      weight_decay: 1e-4,
      weight_decay_end: 1e-4,
      global_crops_scale: [0.14, 1],
      local_crops_scale: [0.05, 0.14],
    },
  },
  'small-data': {
    title: 'Small data',
    description:
      'A 6-block ViT on 32-pixel crops with 4-pixel patches: for small images, more than ten thousand of them.',
    settings: {
      embed_dim: 192,
      depth: 6,
      num_heads: 3,
      patch_size: 4,
      image_size: 32,
      local_size: 16,
      local_crops_number: 4,
      out_dim: 1024,
      head_hidden_dim: 512,
      head_bottleneck_dim: 128,
      // Few images make few steps: small batches and a high rate make the most of them, a quick teacher passes on what
      // was learned, and sharp targets keep it from drifting to the uniform distribution.
      batch_size: 16,
      lr: 8e-3,
      momentum_teacher: 0.97,
      warmup_teacher_temp: 0.02,
      teacher_temp: 0.02,
      epochs: 20,
      drop_path_rate: 0,
      warmup_epochs: 1,
    },
    plan: { steps: 3000, leastEpochs: 20, warmupSteps: 500, frozenSteps: 30 },
  },
  'few-images': {
    title: 'Few images',
    description: 'DINO on a 3-block ViT of width 64: for a hundred to ten thousand images, in minutes on a CPU.',
    settings: {
      embed_dim: 64,
      depth: 3,
      num_heads: 2,
      patch_size: 4,
      image_size: 24,
      local_size: 12,
      local_crops_number: 4,
      // A twentieth of so small a crop shows nothing.
      local_crops_scale: [0.15, 0.5],
      blur_radius: [0.1, 0.6],
      out_dim: 1024,
      head_hidden_dim: 512,
      head_bottleneck_dim: 128,
      batch_size: 16,
      lr: 0.016,
      momentum_teacher: 0.99,
      warmup_teacher_temp: 0.03,
      teacher_temp: 0.03,
      // The center must keep up with a network that changes quickly: at 0.9 it lags, all images get the same target for
      // some hundred steps, loss and entropy swing, and features end below those of the untrained network.
      center_momentum: 0.5,
      drop_path_rate: 0,
      epochs: 20,
      warmup_epochs: 6,
    },
    // The same number of patches: as quick, and four times the pixels.
    forLargeImages: { patch_size: 8, image_size: 48, local_size: 24 },
    plan: { steps: 1500, leastEpochs: 3, warmupSteps: 300, frozenSteps: 30 },
  },
  dinov2: {
    title: 'DINOv2',
    description: 'DINOv2 on a ViT-S/14 with LayerScale (22 million weights): for large data sets, with a GPU.',
    settings: {
      method: 'dinov2',
      embed_dim: 384,
      depth: 12,
      num_heads: 6,
      patch_size: 14,
      local_size: 98,
      drop_path_rate: 0.1,
    },
  },
  'dinov2-few-images': {
    title: 'DINOv2, few images',
    description: 'DINOv2 on a 3-block ViT of width 64: learns most from a hundred to ten thousand images, in minutes.',
    settings: {
      method: 'dinov2',
      embed_dim: 64,
      depth: 3,
      num_heads: 2,
      patch_size: 4,
      image_size: 24,
      local_size: 12,
      local_crops_number: 4,
      local_crops_scale: [0.15, 0.5],
      global_crops_scale: [0.4, 1],
      blur_radius: [0.1, 0.6],
      out_dim: 1024,
      head_hidden_dim: 512,
      head_bottleneck_dim: 128,
      batch_size: 16,
      lr: 0.016,
      layerwise_decay: 1,
      patch_embed_lr_mult: 1,
      momentum_teacher: 0.99,
      warmup_teacher_temp: 0.03,
      teacher_temp: 0.03,
      warmup_teacher_temp_epochs: 0,
      center_momentum: 0.5,
      layerscale: 0,
      drop_path_rate: 0,
      epochs: 20,
      warmup_epochs: 6,
    },
    forLargeImages: { patch_size: 8, image_size: 48, local_size: 24 },
    forTinyImages: { global_crops_scale: [0.5, 1], local_crops_scale: [0.2, 0.5] },
    plan: { steps: 1500, leastEpochs: 3, warmupSteps: 300, frozenSteps: 30 },
  },
};

export const isPresetName = (name: string): name is PresetName => (PRESET_NAMES as readonly string[]).includes(name);

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Up to this side an image has too few 16-pixel patches for attention to tell its parts apart. */
export const SMALL_IMAGE_SIDE = 96;
/** Those of MNIST, Fashion-MNIST and CIFAR. */
export const TINY_IMAGE_SIDE = 32;
export const isLarge = ({ width, height }: ImageSize): boolean => Math.min(width, height) > SMALL_IMAGE_SIDE;
const isTiny = ({ width, height }: ImageSize): boolean => Math.min(width, height) <= TINY_IMAGE_SIDE;

/** What a preset has for images of a size, in the place of its settings. */
export function settingsForSize(preset: PresetName, size: ImageSize): SettingsInput | undefined {
  const { forLargeImages, forTinyImages } = PRESETS[preset];
  if (isLarge(size)) return forLargeImages;
  return isTiny(size) ? forTinyImages : undefined;
}

/** The smallest data sets on which the settings were measured (`npm run learn:defaults`). */
export const LEAST_IMAGES = 100;
/** K by the number of images (what lightly-train picks): a data set of few images has no use for many prototypes. */
const PROTOTYPES: readonly (readonly [upToImages: number, outDim: number])[] = [
  [20_000, 1024],
  [50_000, 2048],
  [100_000, 4096],
  [200_000, 16_384],
  [500_000, 32_768],
];

/** `out_dim` for a data set of so many images; 65536, the original's default, above half a million. */
export const outDimFor = (images: number): number =>
  PROTOTYPES.find(([upToImages]) => images <= upToImages)?.[1] ?? 65_536;
