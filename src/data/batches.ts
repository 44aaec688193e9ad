/** Batches of views, made ahead of the training step by a pool of threads and handed out in order. */
import { Piscina } from 'piscina';
import { counted } from '../text/counted.js';
import { type Batch, type UnreadableItem, type Views, viewsNamed } from './batch.js';
import { type BatchPlan, type BatchPosition, type BatchRequest, batchLengths, type MadeBatch } from './batchMaker.js';
import { modalityOf } from './modalities/index.js';
import type { Dataset, Modality, ViewPlan } from './modality.js';

export interface BatchOptions {
  readonly dataset: Dataset;
  /** The items that take part, by index; absent: all. */
  readonly items?: Int32Array | undefined;
  readonly views: ViewPlan;
  /** Items in a batch. */
  readonly batchSize: number;
  readonly seed: number;
  /** Threads; they change the speed and nothing else. */
  readonly workers: number;
  /** Where to start, from 0: a resumed run gets the batch that it would have got. */
  readonly startEpoch: number;
  readonly startIteration: number;
  /** Epochs in all; absent: without end. */
  readonly epochs?: number;
  /** The share of the data set that may be unreadable before the run stops, 0 to 1. */
  readonly maxUnreadableShare: number;
  /** Bytes of finished or begun batches that may wait; at least one batch is always made ahead. */
  readonly maxPrefetchBytes?: number;
  /** Bytes of items that all threads together may keep as they were read; they change the speed and nothing else. */
  readonly cacheBytes: number;
  /** The bundled `cropWorker.cjs`. */
  readonly workerFile: string;
}

export interface Batches {
  /** Whole batches in an epoch; what is left over is dropped, as by the original's loader. */
  readonly iterationsPerEpoch: number;
  /**
   * The next batch in order.
   * @throws Error when too many images are unreadable, a thread fails, or after the last epoch; and ever after
   */
  next(): Promise<Batch>;
  /**
   * Lets a later batch be written into this one's arrays, which nobody may use from now on. New memory costs a tenth of a batch's time.
   * @throws Error when it has been given back before
   */
  giveBack(batch: Batch): void;
  /** Views a second that the pool makes while all its threads work, as measured so far; 0 before the first batch. */
  readonly viewsPerSecond: number;
  /** Ends the threads. A `next()` that waits is rejected. */
  close(): Promise<void>;
}

const DEFAULT_PREFETCH_BYTES = 512 * 2 ** 20;
/** What a thread's heap may take. Pixels lie outside it: this is for the names of the items, of millions of them. */
const THREAD_HEAP_MB = 1024;

/**
 * Starts the pool.
 * @throws Error when an epoch has not even one batch, or there is no memory for the cache
 */
export function openBatches(options: BatchOptions): Batches {
  requireBatch(options);
  return new BatchPool(options);
}

/** @throws Error when an epoch has not even one batch */
export function requireBatch(options: Pick<BatchOptions, 'dataset' | 'items' | 'batchSize'>): void {
  const { dataset, batchSize, items } = options;
  const size = sizeOf(options);
  if (batchSize > size) {
    const { name, item } = modalityOf(dataset);
    const has = items === undefined ? `has ${size}` : `has ${size} to learn from`;
    throw new Error(
      `A batch of ${counted(batchSize, item, name)} is larger than the data set ${dataset.path}, which ${has}; ` +
        `set batch_size to at most that, or add ${name}.`,
    );
  }
}

const sizeOf = ({ dataset, items }: Pick<BatchOptions, 'dataset' | 'items'>): number => items?.length ?? dataset.size;

class BatchPool implements Batches {
  readonly iterationsPerEpoch: number;
  readonly #options: BatchOptions;
  readonly #modality: Modality;
  readonly #plan: BatchPlan;
  readonly #pool: Piscina<BatchRequest, MadeBatch>;
  /** Batches asked for and not yet handed out, oldest first. */
  readonly #ahead: PendingBatch[] = [];
  readonly #aheadCount: number;
  /** Arrays of batches that were given back. */
  readonly #free: Views[] = [];
  readonly #givenBack = new WeakSet<Batch>();
  /** Indices of all items found unreadable in this run. */
  readonly #unreadable = new Set<number>();
  /** The next batch to ask for. */
  #position: BatchPosition;
  #failure: Error | undefined;
  #threadsEnded: Promise<void> | undefined;
  #batchesMade = 0;
  #threadMilliseconds = 0;

  constructor(options: BatchOptions) {
    const { dataset, views, batchSize, seed, workers } = options;
    this.#options = options;
    this.#modality = modalityOf(dataset);
    this.iterationsPerEpoch = Math.floor(sizeOf(options) / batchSize);
    // A run that stopped at an epoch's end goes on at the start of the next one.
    this.#position = {
      epoch: options.startEpoch + Math.floor(options.startIteration / this.iterationsPerEpoch),
      iteration: options.startIteration % this.iterationsPerEpoch,
    };
    this.#plan = {
      modality: dataset.modality,
      source: dataset.source,
      size: dataset.size,
      items: options.items,
      views,
      batchSize,
      seed,
      maxUnreadable: Math.floor(options.maxUnreadableShare * sizeOf(options)),
      kept: this.#modality.reserve?.(dataset, views.spec, options.cacheBytes),
    };
    const numbers = Object.values(batchLengths(views, batchSize)).reduce((sum, length) => sum + length, 0);
    const batchBytes = numbers * Float32Array.BYTES_PER_ELEMENT;
    const affordable = Math.floor((options.maxPrefetchBytes ?? DEFAULT_PREFETCH_BYTES) / batchBytes);
    this.#aheadCount = Math.max(1, Math.min(workers + 1, affordable));
    this.#pool = new Piscina({
      filename: options.workerFile,
      workerData: this.#plan,
      minThreads: workers,
      maxThreads: workers,
      // The main thread spends a step at a time in native code: what a thread does next must already lie in its own queue.
      concurrentTasksPerWorker: Math.ceil(this.#aheadCount / workers),
      resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
    });
    // The pool would put another thread in the place of one that dies, again and again; but what it died of (mostly a lack of
    // memory) is still there, so the first death ends them all. How it died is told right after that it did.
    this.#pool.on('error', (error: Error) => this.#giveUp(error));
    this.#pool.on('workerDestroy', () => setImmediate(() => this.#giveUp(new Error('it ended by itself'))));
    this.#askAhead();
  }

  get viewsPerSecond(): number {
    if (this.#threadMilliseconds === 0) return 0;
    const { views, batchSize, workers } = this.#options;
    const ofItem = Object.values(views.arrays).reduce((sum, array) => sum + array.views, 0);
    return (this.#batchesMade * batchSize * ofItem * workers * 1000) / this.#threadMilliseconds;
  }

  async next(): Promise<Batch> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#askAhead();
    const pending = this.#ahead.shift();
    if (pending === undefined) throw new Error(`There is no batch after the last epoch (${this.#options.epochs}).`);
    try {
      const made = await pending.batch;
      const unreadable = this.#account(made);
      this.#askAhead();
      const { items, views } = made;
      return { ...pending.position, items, views, unreadable };
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      throw this.#failure;
    }
  }

  giveBack(batch: Batch): void {
    if (this.#givenBack.has(batch)) throw new Error('The batch has been given back before.');
    this.#givenBack.add(batch);
    const { views } = batch;
    const names = Object.keys(this.#plan.views.arrays);
    this.#free.push(Object.fromEntries(names.map((name) => [name, viewsNamed(views, name)])));
  }

  async close(): Promise<void> {
    this.#failure ??= new Error('The batches have been closed.');
    await this.#endThreads();
  }

  #giveUp(cause: Error): void {
    if (this.#failure !== undefined) return;
    const why = cause.message.split('\n')[0]?.replace(/\.$/, '');
    this.#failure = new Error(
      `A thread that reads the ${this.#modality.name} of ${this.#options.dataset.path} has died: ${why}; ` +
        'when memory is short, resume with fewer num_workers.',
    );
    void this.#endThreads();
  }

  #endThreads(): Promise<void> {
    this.#threadsEnded ??= this.#pool.destroy();
    return this.#threadsEnded;
  }

  #askAhead(): void {
    while (this.#ahead.length < this.#aheadCount && this.#position.epoch < (this.#options.epochs ?? Infinity)) {
      const position = this.#position;
      const memory = this.#free.pop();
      const buffers = Object.values(memory ?? {}).map(({ buffer }) => buffer);
      const transferList = buffers.filter((buffer) => buffer instanceof ArrayBuffer);
      const batch = this.#pool.run({ ...position, memory }, { transferList });
      batch.catch((error: Error) => this.#giveUp(error));
      this.#ahead.push({ position, batch });
      const epochEnds = position.iteration + 1 === this.iterationsPerEpoch;
      this.#position = epochEnds
        ? { epoch: position.epoch + 1, iteration: 0 }
        : { epoch: position.epoch, iteration: position.iteration + 1 };
    }
  }

  /** Counts a batch; gives the items that are unreadable and were not known to be. */
  #account(made: MadeBatch): UnreadableItem[] {
    this.#batchesMade++;
    this.#threadMilliseconds += made.milliseconds;
    const news = made.unreadable.filter(({ index }) => !this.#unreadable.has(index));
    for (const { index } of news) this.#unreadable.add(index);

    const { dataset, batchSize, maxUnreadableShare } = this.#options;
    const count = this.#unreadable.size;
    const size = sizeOf(this.#options);
    const readable = size - count;
    const example = made.unreadable.at(-1);
    const because = example === undefined ? '' : ` The last one is ${example.name}: ${example.reason}.`;
    if (readable < batchSize) {
      throw new Error(
        `Only ${readable} of the ${size} ${dataset.modality} in ${dataset.path} can be read, fewer than a batch of ${batchSize}.${because}`,
      );
    }
    if (count > this.#plan.maxUnreadable) {
      throw new Error(
        `${count} of the ${size} ${dataset.modality} in ${dataset.path} cannot be read, ` +
          `more than max_unreadable_share (${maxUnreadableShare}) allows.${because}`,
      );
    }
    return news.map(({ name, reason }) => ({ name, reason }));
  }
}

/** A batch that a thread works on. */
interface PendingBatch {
  readonly position: BatchPosition;
  readonly batch: Promise<MadeBatch>;
}
