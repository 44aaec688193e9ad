import { MAX_JITTER_STRENGTH } from '../../data/batch.js';
import type { SettingsPart } from '../part.js';
import { number, range, whole } from '../values.js';

/** A range of shares of the picture's area. */
const areaRange = () => range(1, '[0.4, 1]');

interface Seen {
  readonly image_size: number;
  readonly local_size: number;
  readonly local_crops_number: number;
  readonly patch_size: number;
}

/** The crops of an image and their augmentation (main_dino.py, `DataAugmentationDINO`). */
export const crops = {
  fixed: {
    image_size: whole(1, 4096)
      .default(224)
      .describe('Side in pixels of the two global crops; a multiple of patch_size.'),
    local_size: whole(1, 4096).default(96).describe('Side in pixels of the local crops; a multiple of patch_size.'),
    global_crops_scale: areaRange()
      .default([0.4, 1])
      .describe(
        'Share of the picture that a global crop covers, from least to most. Without local crops, [0.14, 1] is better.',
      ),
    local_crops_number: whole(0, 64).default(8).describe('Local crops of each image; 0 turns multi-crop off.'),
    local_crops_scale: areaRange()
      .default([0.05, 0.4])
      .describe('Share of the picture that a local crop covers, from least to most.'),
    blur_radius: range(100, '[0.1, 2]')
      .default([0.1, 2])
      .describe(
        'Least and largest radius of the Gaussian blur, in pixels of the crop. The default is meant for crops of 224 and 96 pixels.',
      ),
    jitter_strength: number(0, MAX_JITTER_STRENGTH)
      .default(1)
      .describe(
        "How strongly brightness, contrast, saturation and hue of a crop are changed; 1 is the original's 0.4, 0.4, 0.2 and 0.1, 0 changes none.",
      ),
    solarize_probability: number(0, 1)
      .default(0.2)
      .describe('How often the second global crop is solarized: what is brighter than half becomes its negative.'),
  },
  changeable: {},
  check: ({ image_size, local_size, local_crops_number, patch_size }: Seen) =>
    Object.entries(local_crops_number > 0 ? { image_size, local_size } : { image_size })
      .filter(([, size]) => size % patch_size !== 0)
      .map(([key, size]) => `${key} is ${size}, but must be a multiple of patch_size, which is ${patch_size}`),
} satisfies SettingsPart;
