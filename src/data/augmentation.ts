/**
 * DINO's multi-crop augmentation (`DataAugmentationDINO` in the original's main_dino.py): two global and several local crops of an image,
 * each resized, flipped, jittered, grayed, blurred and solarized at random. Where labels are learned there is one crop of an image, which
 * is neither grayed nor blurred. A crop is first drawn, as a record of all that will be done, then rendered from the record; the record
 * can be shown beside the crop.
 */
import type { AugmentationSpec } from './batch.js';
import { applyJitter, drawJitter, type Jitter, solarize, toGray } from './colorJitter.js';
import { gaussianBlur } from './gaussianBlur.js';
import type { Image } from './image.js';
import { normalize } from './normalize.js';
import { chance, type RandomStream, uniform } from './randomness.js';
import { type Box, resample } from './resample.js';
import { drawBox } from './resizedCrop.js';

/** What one position of the multi-crop draws from. */
export interface CropView {
  readonly kind: 'global' | 'local' | 'single';
  /** Side of the crop in pixels. */
  readonly size: number;
  /** Share of the image's area. */
  readonly scale: readonly [number, number];
  readonly blurProbability: number;
  /** Least and largest standard deviation of the blur, in pixels of the crop. */
  readonly blurRadius: readonly [number, number];
  readonly jitterStrength: number;
  readonly grayProbability: number;
  readonly solarizeProbability: number;
}

/** All that was done to make one crop, in the order in which it was done. */
export interface CropRecord {
  readonly kind: 'global' | 'local' | 'single';
  readonly size: number;
  /** In pixels of the decoded image. */
  readonly box: Box;
  readonly flipped: boolean;
  readonly jitter: Jitter | undefined;
  readonly gray: boolean;
  /** Standard deviation in pixels of the crop; absent: not blurred. */
  readonly blurRadius: number | undefined;
  readonly solarized: boolean;
}

/** How often the first global crop, the second one, and local ones are blurred (main_dino.py). */
const DINO_BLUR = [1, 0.1, 0.5] as const;

/**
 * The crops of one image: first global, second global, then the local ones; or the single one, torchvision's RandomResizedCrop (bicubic) and
 * RandomHorizontalFlip as in eval_linear.py. What is no setting is the original's.
 */
export function cropViews(spec: AugmentationSpec): readonly CropView[] {
  const {
    blurRadius,
    jitterStrength,
    solarizeProbability,
    blurProbabilities: [first, second, ofLocals] = DINO_BLUR,
  } = spec;
  const both = { blurRadius, jitterStrength, grayProbability: spec.crops === 'single' ? 0 : 0.2 };
  const global = { kind: 'global', size: spec.imageSize, scale: spec.globalCropsScale, ...both } as const;
  const local = { kind: 'local', size: spec.localSize, scale: spec.localCropsScale, ...both } as const;
  if (spec.crops === 'single') return [{ ...global, kind: 'single', blurProbability: 0, solarizeProbability }];
  return [
    { ...global, blurProbability: first, solarizeProbability: 0 },
    { ...global, blurProbability: second, solarizeProbability },
    ...Array.from({ length: spec.localCropsNumber }, () => ({
      ...local,
      blurProbability: ofLocals,
      solarizeProbability: 0,
    })),
  ];
}

/** Draws all choices of one crop of an image of the given size. */
export function drawCrop(
  view: CropView,
  image: Pick<Image, 'width' | 'height' | 'channels'>,
  stream: RandomStream,
): CropRecord {
  const box = drawBox(stream, image.width, image.height, view.scale);
  const flipped = chance(stream, 0.5);
  const jitter = drawJitter(stream, image.channels, view.jitterStrength);
  const gray = chance(stream, view.grayProbability);
  const blurRadius = chance(stream, view.blurProbability) ? uniform(stream, ...view.blurRadius) : undefined;
  const solarized = chance(stream, view.solarizeProbability);
  return { kind: view.kind, size: view.size, box, flipped, jitter, gray, blurRadius, solarized };
}

/**
 * Makes the 8-bit crop that a record describes.
 * @param into receives [size, size, channels]
 */
export function renderCrop(image: Image, record: CropRecord, into: Uint8ClampedArray): void {
  const { size, box, flipped, jitter, gray, blurRadius, solarized } = record;
  const { channels } = image;
  const length = size * size * channels;
  resample(image, { box, width: size, height: size, kernel: 'bicubic', flipped }, into);
  if (jitter) applyJitter(into, length, channels, jitter);
  if (gray && channels === 3) toGray(into, length);
  if (blurRadius !== undefined) gaussianBlur(into, size, size, channels, blurRadius);
  if (solarized) solarize(into, length);
}

/** Reused by every crop of a thread. */
let pixels = new Uint8ClampedArray(0);

/**
 * Draws and renders one crop.
 * @param into receives [channels, size, size], normalized by ImageNet's statistics, from `offset` on
 */
export function makeCrop(
  image: Image,
  view: CropView,
  stream: RandomStream,
  into: Float32Array,
  offset: number,
): CropRecord {
  const record = drawCrop(view, image, stream);
  const area = view.size * view.size;
  if (pixels.length < area * image.channels) pixels = new Uint8ClampedArray(area * image.channels);
  renderCrop(image, record, pixels);
  normalize(pixels, image.channels, area, into, offset);
  return record;
}
