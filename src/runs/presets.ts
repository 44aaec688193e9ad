import type { SettingsInput } from './settings.js';

export interface Preset {
  readonly title: string;
  /** One sentence for the quick pick. */
  readonly description: string;
  /** What differs from the original's defaults. */
  readonly settings: SettingsInput;
}

export const PRESET_NAMES = ['tiny', 'small', 'base', 'small-data'] as const;
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
  'small-data': {
    title: 'Small data',
    description:
      'A 6-block ViT on 32-pixel crops with 4-pixel patches: learns from small pictures in minutes on a CPU.',
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
  },
};

export const isPresetName = (name: string): name is PresetName => (PRESET_NAMES as readonly string[]).includes(name);

/** Width and height in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Below this side a picture has too few 16-pixel patches for attention to tell its parts apart. */
const SMALL_PICTURE_SIDE = 96;
/** From about ImageNet's size on, ViT-S is no longer held back by the data. */
const MANY_IMAGES = 500_000;

/**
 * The preset for somebody who chose none.
 * @param images how many pictures the data set has
 * @param pictureSize their median size, when known
 */
export function choosePreset(images: number, pictureSize?: PictureSize): PresetName {
  if (pictureSize && Math.min(pictureSize.width, pictureSize.height) <= SMALL_PICTURE_SIDE) return 'small-data';
  return images >= MANY_IMAGES ? 'small' : 'tiny';
}

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
