/** The images that a run's features are probed on: few, always the same, prepared once. */
import { cropViews, drawCrop, renderCrop } from '../data/augmentation.js';
import type { ImageDataset } from '../data/dataset.js';
import { evaluationInput } from '../data/evaluationTransform.js';
import { UnreadableImageError } from '../data/image.js';
import { cropStream } from '../data/randomness.js';
import { betweenStages } from '../engines/stop.js';
import type { Settings } from '../settings/settings.js';
import { augmentationSpec } from '../settings/specs.js';

/** Enough that k-NN accuracy is known to within about 2 %, and few enough for a probe to cost little. */
const MOST_IMAGES = 512;
/** What the prepared pixels may take. */
const MOST_BYTES = 128 * 2 ** 20;
/** The epoch that the probe's crops are drawn as: no run has so many, so no crop of the training is drawn again. */
const PROBE_EPOCH = 0x7fffffff;
/** Among the crops of an image: the second global crop, which is rarely blurred; or the only one. */
const PROBE_CROP = 1;

export interface ProbeSample {
  /** Number of images, all of them readable. */
  readonly images: number;
  /** Index in the data set of each. */
  readonly indices: readonly number[];
  /** The class of each; -1 where it has none. */
  readonly labels: Int32Array;
  /** [size, size, channels] of each image, 8-bit: all of it, as for evaluation. */
  readonly whole: readonly Uint8ClampedArray[];
  /** The same of one crop of each, as training draws them. */
  readonly crops: readonly Uint8ClampedArray[];
  /** Width and height of each image in pixels. */
  readonly sizes: readonly { readonly width: number; readonly height: number }[];
}

/** How many of the images of a data set are probed. */
export const sampleSize = (
  images: number,
  { image_size, in_chans }: Pick<Settings, 'image_size' | 'in_chans'>,
): number => Math.min(images, MOST_IMAGES, Math.floor(MOST_BYTES / (2 * image_size ** 2 * in_chans)));

/** Images spread evenly over the data set. Unreadable ones are left out: training names them. @throws the reason of `stop` when it aborts */
export async function readProbeSample(
  dataset: ImageDataset,
  settings: Settings,
  stop: AbortSignal,
): Promise<ProbeSample> {
  const { image_size, in_chans, seed } = settings;
  const [first, view = first] = cropViews(augmentationSpec(settings));
  if (view === undefined) throw new Error('the augmentation has no crops');
  const pixels = image_size ** 2 * in_chans;
  const count = sampleSize(dataset.size, settings);
  const indices: number[] = [];
  const labels: number[] = [];
  const whole: Uint8ClampedArray[] = [];
  const crops: Uint8ClampedArray[] = [];
  const sizes: { width: number; height: number }[] = [];
  for (let i = 0; i < count; i++) {
    await betweenStages(stop);
    const index = Math.floor((i * dataset.size) / count);
    const image = await dataset.read(index, in_chans).catch((error: unknown) => {
      if (error instanceof UnreadableImageError) return undefined;
      throw error;
    });
    if (image === undefined) continue;
    const crop = new Uint8ClampedArray(pixels);
    renderCrop(image, drawCrop(view, image, cropStream(seed, PROBE_EPOCH, index, PROBE_CROP)), crop);
    indices.push(index);
    labels.push(dataset.labelOf(index) ?? -1);
    whole.push(evaluationInput(image, image_size).pixels);
    crops.push(crop);
    sizes.push({ width: image.width, height: image.height });
  }
  return { images: whole.length, indices, labels: Int32Array.from(labels), whole, crops, sizes };
}
