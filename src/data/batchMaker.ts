/** Makes whole batches inside a pool thread: reads each picture once, cuts all its crops, and packs them into the batch's arrays. */
import { type CropView, cropViews, makeCrop } from './augmentation.js';
import type { AugmentationSpec } from './batch.js';
import { nameIn, type PictureSource, readFrom, sizeOf } from './dataset.js';
import { type DecodedMemory, DecodedPictures } from './decodedPictures.js';
import { type Picture, UnreadablePictureError } from './picture.js';
import { cropStream, epochOrder } from './randomness.js';

/** What stays the same for all batches of a run. */
export interface BatchPlan {
  readonly source: PictureSource;
  readonly augmentation: AugmentationSpec;
  readonly batchSize: number;
  readonly seed: number;
  /** A batch is given up when it alone meets more unreadable pictures than this. */
  readonly maxUnreadable: number;
  /** Where all threads keep decoded pictures; absent: they do not. */
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
 * The batch's pictures in the epoch's order, then those that stand in for unreadable ones: the pictures that follow in that order, from
 * the start again at its end.
 * @param order of the epoch
 */
export function* batchCandidates(order: Int32Array, iteration: number, batchSize: number): Generator<number, void> {
  for (let place = 0; place < order.length; place++) {
    yield order[(iteration * batchSize + place) % order.length] ?? 0;
  }
}

/** Pictures that are being read while crops are cut from the one before. */
const READ_AHEAD = 2;

export class BatchMaker {
  readonly #plan: BatchPlan;
  readonly #views: readonly CropView[];
  readonly #pictures: PictureReader;
  #order: { readonly epoch: number; readonly indices: Int32Array } | undefined;

  constructor(plan: BatchPlan) {
    this.#plan = plan;
    this.#views = cropViews(plan.augmentation);
    this.#pictures = new PictureReader(plan.source, plan.augmentation.channels, plan.decoded);
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
    const reading: { index: number; picture: Promise<Picture | UnreadableIndex> }[] = [];
    let filled = 0;
    while (filled < batchSize && unreadable.length <= maxUnreadable) {
      while (reading.length < Math.min(1 + READ_AHEAD, batchSize - filled)) {
        const next = candidates.next();
        if (next.done) break;
        reading.push({ index: next.value, picture: this.#pictures.read(next.value) });
      }
      const first = reading.shift();
      if (first === undefined) break;
      const picture = await first.picture;
      if ('reason' in picture) {
        unreadable.push(picture);
        continue;
      }
      this.#cutCrops(picture, epoch, first.index, filled, globals, locals);
      images[filled++] = first.index;
    }
    await Promise.all(reading.map((one) => one.picture));
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
    picture: Picture,
    epoch: number,
    image: number,
    place: number,
    globals: Float32Array,
    locals: Float32Array,
  ): void {
    const { seed, batchSize } = this.#plan;
    this.#views.forEach((view, crop) => {
      const floats = picture.channels * view.size * view.size;
      const [into, position] = view.kind === 'global' ? [globals, crop] : [locals, crop - 2];
      makeCrop(picture, view, cropStream(seed, epoch, image, crop), into, (position * batchSize + place) * floats);
    });
  }
}

/** Reads pictures, remembers the unreadable ones, and keeps decoded ones while there is room. */
class PictureReader {
  readonly #decoded: DecodedPictures | undefined;
  readonly #unreadable = new Map<number, UnreadableIndex>();

  constructor(
    readonly source: PictureSource,
    readonly channels: number,
    decoded: DecodedMemory | undefined,
  ) {
    this.#decoded = decoded && new DecodedPictures(decoded);
  }

  async read(index: number): Promise<Picture | UnreadableIndex> {
    const known = this.#decoded?.get(index) ?? this.#unreadable.get(index);
    if (known !== undefined) return known;
    try {
      const picture = await readFrom(this.source, index, this.channels);
      this.#decoded?.add(index, picture);
      return picture;
    } catch (error) {
      if (!(error instanceof UnreadablePictureError)) throw error;
      const entry = { index, name: nameIn(this.source, index), reason: error.reason };
      this.#unreadable.set(index, entry);
      return entry;
    }
  }
}
