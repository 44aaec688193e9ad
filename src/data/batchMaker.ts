/** Makes whole batches inside a pool thread: reads each image once, cuts all its crops, and packs them into the batch's arrays. */
import { type CropView, cropViews, makeCrop } from './augmentation.js';
import type { AugmentationSpec } from './batch.js';
import { type ImageSource, nameIn, readFrom, sizeOf } from './dataset.js';
import { DecodedImages, type DecodedMemory } from './decodedImages.js';
import { type Image, UnreadableImageError } from './image.js';
import { cropStream, epochOrder } from './randomness.js';

/** What stays the same for all batches of a run. */
export interface BatchPlan {
  readonly source: ImageSource;
  readonly augmentation: AugmentationSpec;
  readonly batchSize: number;
  readonly seed: number;
  /** A batch is given up when it alone meets more unreadable images than this. */
  readonly maxUnreadable: number;
  /** Where all threads keep decoded images; absent: they do not. */
  readonly decoded: DecodedMemory | undefined;
}

/** Which batch. */
export interface BatchPosition {
  readonly epoch: number;
  readonly iteration: number;
}

export interface MadeBatch {
  readonly images: Int32Array;
  readonly globals: Float32Array;
  readonly locals: Float32Array;
  /** Those met on the way. When more than the plan allows, or too few others are left, the arrays are unfinished. */
  readonly unreadable: readonly UnreadableIndex[];
  readonly milliseconds: number;
}

interface UnreadableIndex {
  readonly index: number;
  readonly name: string;
  readonly reason: string;
}

/** Floats in the two arrays of a batch. */
export function batchFloats(spec: AugmentationSpec, batchSize: number): { globals: number; locals: number } {
  const perCrop = spec.channels * batchSize;
  return {
    globals: 2 * perCrop * spec.imageSize ** 2,
    locals: spec.localCropsNumber * perCrop * spec.localSize ** 2,
  };
}

/**
 * The batch's images in the epoch's order, then those that stand in for unreadable ones: the images that follow in that order, from
 * the start again at its end.
 * @param order of the epoch
 */
export function* batchCandidates(order: Int32Array, iteration: number, batchSize: number): Generator<number, void> {
  for (let place = 0; place < order.length; place++) {
    yield order[(iteration * batchSize + place) % order.length] ?? 0;
  }
}

/** Images that are being read while crops are cut from the one before. */
const READ_AHEAD = 2;

export class BatchMaker {
  readonly #plan: BatchPlan;
  readonly #views: readonly CropView[];
  readonly #reader: ImageReader;
  #order: { readonly epoch: number; readonly indices: Int32Array } | undefined;

  constructor(plan: BatchPlan) {
    this.#plan = plan;
    this.#views = cropViews(plan.augmentation);
    this.#reader = new ImageReader(plan.source, plan.augmentation.channels, plan.decoded);
  }

  async make({ epoch, iteration }: BatchPosition): Promise<MadeBatch> {
    const started = performance.now();
    const { batchSize, augmentation, maxUnreadable } = this.#plan;
    const floats = batchFloats(augmentation, batchSize);
    const globals = new Float32Array(floats.globals);
    const locals = new Float32Array(floats.locals);
    const images = new Int32Array(batchSize);
    const unreadable: UnreadableIndex[] = [];

    const candidates = this.#candidates(epoch, iteration);
    const reading: { index: number; image: Promise<Image | UnreadableIndex> }[] = [];
    let filled = 0;
    while (filled < batchSize && unreadable.length <= maxUnreadable) {
      while (reading.length < Math.min(1 + READ_AHEAD, batchSize - filled)) {
        const next = candidates.next();
        if (next.done) break;
        reading.push({ index: next.value, image: this.#reader.read(next.value) });
      }
      const first = reading.shift();
      if (first === undefined) break;
      const image = await first.image;
      if ('reason' in image) {
        unreadable.push(image);
        continue;
      }
      this.#cutCrops(image, epoch, first.index, filled, globals, locals);
      images[filled++] = first.index;
    }
    await Promise.all(reading.map((one) => one.image));
    return {
      images,
      globals,
      locals,
      unreadable,
      milliseconds: performance.now() - started,
    };
  }

  #candidates(epoch: number, iteration: number): Generator<number, void> {
    const { seed, source, batchSize } = this.#plan;
    if (this.#order?.epoch !== epoch) this.#order = { epoch, indices: epochOrder(seed, epoch, sizeOf(source)) };
    return batchCandidates(this.#order.indices, iteration, batchSize);
  }

  #cutCrops(
    image: Image,
    epoch: number,
    index: number,
    place: number,
    globals: Float32Array,
    locals: Float32Array,
  ): void {
    const { seed, batchSize } = this.#plan;
    this.#views.forEach((view, crop) => {
      const floats = image.channels * view.size * view.size;
      const [into, position] = view.kind === 'global' ? [globals, crop] : [locals, crop - 2];
      makeCrop(image, view, cropStream(seed, epoch, index, crop), into, (position * batchSize + place) * floats);
    });
  }
}

/** Reads images, remembers the unreadable ones, and keeps decoded ones while there is room. */
class ImageReader {
  readonly #decoded: DecodedImages | undefined;
  readonly #unreadable = new Map<number, UnreadableIndex>();

  constructor(
    readonly source: ImageSource,
    readonly channels: number,
    decoded: DecodedMemory | undefined,
  ) {
    this.#decoded = decoded && new DecodedImages(decoded);
  }

  async read(index: number): Promise<Image | UnreadableIndex> {
    const known = this.#decoded?.get(index) ?? this.#unreadable.get(index);
    if (known !== undefined) return known;
    try {
      const image = await readFrom(this.source, index, this.channels);
      this.#decoded?.add(index, image);
      return image;
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
      const entry = { index, name: nameIn(this.source, index), reason: error.reason };
      this.#unreadable.set(index, entry);
      return entry;
    }
  }
}
