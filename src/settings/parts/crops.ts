import { MAX_JITTER_STRENGTH } from '../../data/batch.js';
import type { SettingsPart } from '../part.js';
import { number, range, whole } from '../values.js';

/** A range of shares of the image's area. */
const areaRange = () => range(1, '[0.4, 1]');

interface Seen {
  readonly image_size: number;
  readonly local_size: number;
  readonly local_crops_number: number;
  readonly patch_size: number;
  readonly arch: string;
}

/** The crops of an image and their augmentation (main_dino.py, `DataAugmentationDINO`). */
export const crops = {
  fixed: {
    in_chans: whole(1, 64).default(3).describe('Channels of an image: 3 for color.'),
    image_size: whole(1, 4096)
      .default(224)
      .describe('Side in pixels of the two global crops: a multiple of patch_size, or 224 as in the original.'),
    local_size: whole(1, 4096)
      .default(96)
      .describe('Side in pixels of the local crops: a multiple of patch_size, or 96 as in the original.'),
    global_crops_scale: areaRange()
      .default([0.4, 1])
      .describe(
        'Share of the image that a global crop covers, from least to most. Without local crops, [0.14, 1] is better.',
      ),
    local_crops_number: whole(0, 64).default(8).describe('Local crops of each image; 0 turns multi-crop off.'),
    local_crops_scale: areaRange()
      .default([0.05, 0.4])
      .describe('Share of the image that a local crop covers, from least to most.'),
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
  check: (settings: Seen) =>
    sizesOf(settings)
      .filter(({ key, size, left }) => left > 0 && size !== ORIGINAL_SIZES[key])
      .map(
        ({ key, size }) => `${key} is ${size}, but must be a multiple of patch_size, which is ${settings.patch_size}`,
      ),
} satisfies SettingsPart;

/** The original's crops have these sizes with patches of any size: what fills no patch at the right and the bottom is not seen. */
const ORIGINAL_SIZES = { image_size: 224, local_size: 96 } as const;

/** Which pixels of the crops the network does not see: one clause a size. */
export const pixelsLeftOut = (settings: Seen): string[] =>
  sizesOf(settings)
    .filter(({ left }) => left > 0)
    .map(
      ({ key, size, left }) =>
        `${key} ${size} is no multiple of patch_size ${settings.patch_size}: as in the original, the last ${left} pixels of a crop's rows and columns are not seen`,
    );

/** A ResNet takes crops of any size. */
function sizesOf({ image_size, local_size, local_crops_number, patch_size, arch }: Seen) {
  if (arch !== 'vit') return [];
  const sizes = [
    { key: 'image_size', size: image_size } as const,
    ...(local_crops_number > 0 ? [{ key: 'local_size', size: local_size } as const] : []),
  ];
  return sizes.map((each) => ({ ...each, left: each.size % patch_size }));
}
