/** Makes whole batches inside a pool thread: reads each item once, cuts all its views, and packs them into the batch's arrays. */
import type { UnreadableItem, Views } from './batch.js';
import { modalityOf } from './modalities/index.js';
import { type Modality, UnreadableItemError, type ViewPlan } from './modality.js';
import { epochOrder } from './randomness.js';

/** What stays the same for all batches of a run. */
export interface BatchPlan {
  /** Name of the kind of data. */
  readonly modality: string;
  readonly source: unknown;
  /** Items in the data set. */
  readonly size: number;
  /** Those that take part, by index; absent: all. */
  readonly items?: Int32Array | undefined;
  readonly views: ViewPlan;
  /** Items in a batch. */
  readonly batchSize: number;
  readonly seed: number;
  /** A batch is given up when it alone meets more unreadable items than this. */
  readonly maxUnreadable: number;
  /** Where all threads keep the items that they have read; undefined: they do not. */
  readonly kept: unknown;
}

/** Which batch. */
export interface BatchPosition {
  readonly epoch: number;
  readonly iteration: number;
}

/** A batch to make. */
export interface BatchRequest extends BatchPosition {
  /** The arrays of a batch that nobody needs any more, to be written over. Absent: new ones are made. */
  readonly memory?: Views | undefined;
}

export interface MadeBatch {
  readonly items: Int32Array;
  readonly views: Views;
  /** Those met on the way. When more than the plan allows, or too few others are left, the arrays are unfinished. */
  readonly unreadable: readonly UnreadableIndex[];
  readonly milliseconds: number;
}

interface UnreadableIndex extends UnreadableItem {
  readonly index: number;
}

/** Numbers in each array of a batch. */
export const batchLengths = ({ arrays }: ViewPlan, batchSize: number): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(arrays).map(([name, { views, length }]) => [name, views * batchSize * length]));

/** The order in which an epoch visits the items that take part. */
export function orderOf(seed: number, epoch: number, { size, items }: Pick<BatchPlan, 'size' | 'items'>): Int32Array {
  if (items === undefined) return epochOrder(seed, epoch, size);
  return epochOrder(seed, epoch, items.length).map((place) => items[place] as number);
}

/**
 * The batch's items in the epoch's order, then those that stand in for unreadable ones: the items that follow in that order, from
 * the start again at its end.
 * @param order of the epoch
 */
export function* batchCandidates(order: Int32Array, iteration: number, batchSize: number): Generator<number, void> {
  for (let place = 0; place < order.length; place++) {
    yield order[(iteration * batchSize + place) % order.length] as number;
  }
}

/** Items that are being read while views are cut from the one before. */
const READ_AHEAD = 2;

export class BatchMaker {
  readonly #plan: BatchPlan;
  readonly #modality: Modality;
  readonly #reader: ItemReader;
  #order: { readonly epoch: number; readonly indices: Int32Array } | undefined;

  /** @param modality that of the plan, when left out the one that is registered under its name */
  constructor(plan: BatchPlan, modality: Modality = modalityOf(plan)) {
    this.#plan = plan;
    this.#modality = modality;
    this.#reader = new ItemReader(plan, modality);
  }

  async make({ epoch, iteration, memory }: BatchRequest): Promise<MadeBatch> {
    const started = performance.now();
    const { batchSize, maxUnreadable } = this.#plan;
    const views = memory ?? this.#emptyViews();
    const items = new Int32Array(batchSize);
    const unreadable: UnreadableIndex[] = [];

    const candidates = this.#candidates(epoch, iteration);
    const reading: { index: number; item: Promise<ReadItem | UnreadableIndex> }[] = [];
    let filled = 0;
    while (filled < batchSize && unreadable.length <= maxUnreadable) {
      while (reading.length < Math.min(1 + READ_AHEAD, batchSize - filled)) {
        const next = candidates.next();
        if (next.done) break;
        reading.push({ index: next.value, item: this.#reader.read(next.value) });
      }
      const first = reading.shift();
      if (first === undefined) break;
      const item = await first.item;
      if ('reason' in item) {
        unreadable.push(item);
        continue;
      }
      this.#cut(item.value, epoch, first.index, filled, views);
      items[filled++] = first.index;
    }
    await Promise.all(reading.map((one) => one.item));
    return { items, views, unreadable, milliseconds: performance.now() - started };
  }

  #emptyViews(): Views {
    const lengths = Object.entries(batchLengths(this.#plan.views, this.#plan.batchSize));
    return Object.fromEntries(lengths.map(([name, length]) => [name, new Float32Array(length)]));
  }

  #candidates(epoch: number, iteration: number): Generator<number, void> {
    const { seed, batchSize } = this.#plan;
    if (this.#order?.epoch !== epoch) this.#order = { epoch, indices: orderOf(seed, epoch, this.#plan) };
    return batchCandidates(this.#order.indices, iteration, batchSize);
  }

  #cut(item: unknown, epoch: number, index: number, place: number, views: Views): void {
    const { seed, batchSize, views: plan } = this.#plan;
    this.#modality.cut(item, plan.spec, { seed, epoch, index }, (name, view) => {
      const [into, array] = [views[name], plan.arrays[name]];
      if (into === undefined || array === undefined || view >= array.views)
        throw new Error(`The plan of ${this.#modality.name} has no view ${view} of ${name}.`);
      const start = (view * batchSize + place) * array.length;
      return into.subarray(start, start + array.length);
    });
  }
}

interface ReadItem {
  readonly value: unknown;
}

/** Reads items, and remembers the unreadable ones. */
class ItemReader {
  readonly #read: (index: number) => Promise<unknown>;
  readonly #unreadable = new Map<number, UnreadableIndex>();

  constructor({ source, views, kept }: BatchPlan, modality: Modality) {
    this.#read = modality.reader(source, views.spec, kept);
  }

  async read(index: number): Promise<ReadItem | UnreadableIndex> {
    const known = this.#unreadable.get(index);
    if (known !== undefined) return known;
    try {
      return { value: await this.#read(index) };
    } catch (error) {
      if (!(error instanceof UnreadableItemError)) throw error;
      const entry = { index, name: error.item, reason: error.reason };
      this.#unreadable.set(index, entry);
      return entry;
    }
  }
}
