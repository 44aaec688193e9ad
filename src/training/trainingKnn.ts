/** k-NN by the network in training, every `knn_freq` epochs: beside the steps, in pieces that hold none of them up for long. */
import { type ImageDataset, isImageDataset, openDataset } from '../data/dataset.js';
import type { Dataset } from '../data/modality.js';
import type { Engine, Session } from '../engines/engine.js';
import { spreadImages } from '../evaluation/embedding.js';
import { type FeatureMatrix, knnAccuracies, normalizeRows } from '../evaluation/knn.js';
import { labeledByTable } from '../evaluation/tableLabels.js';
import type { EvaluationMetrics } from '../metrics/metricsLine.js';
import type { Settings } from '../settings/settings.js';
import { counted } from '../text/counted.js';
import { BackgroundWork } from './backgroundWork.js';
import { EvaluatedNetwork } from './evaluatedNetwork.js';
import { stepPasses } from './healthProbe.js';
import { type LabeledPixels, readLabeledPixels } from './labeledPixels.js';

/** Share of the training's time that it may take. */
const SHARE = 0.05;
/** Products of two features in one piece of the vote: some milliseconds. */
const PRODUCTS = 2 ** 18;

/** The labeled images of the k-NN of `knn_freq`. */
export interface KnnImages {
  readonly train: LabeledImages;
  /** Absent: each training image is tested by the others. */
  readonly test?: LabeledImages;
  readonly classes: readonly string[];
}

interface LabeledImages {
  readonly dataset: ImageDataset;
  /** Indices in the data set. */
  readonly images: Int32Array;
}

interface Features {
  readonly features: FeatureMatrix;
  readonly labels: Int32Array;
}

/** What came out, and what it took. */
export interface TrainingKnnResult {
  readonly metrics: EvaluationMetrics;
  readonly images: number;
  readonly shareTaken: number;
}

export class TrainingKnn {
  #work: BackgroundWork | undefined;
  #result: Omit<TrainingKnnResult, 'shareTaken'> | undefined;

  private constructor(
    private readonly settings: Settings,
    private readonly network: EvaluatedNetwork,
    private readonly images: KnnImages,
  ) {}

  /** @throws the reason of `stop` when it aborts */
  static async create(
    engine: Engine,
    images: KnnImages,
    settings: Settings,
    training: Session,
    stop: AbortSignal,
  ): Promise<TrainingKnn> {
    // A piece of so many images takes about the share of a step.
    const batch = Math.max(1, Math.min(64, Math.floor(SHARE * stepPasses(settings))));
    return new TrainingKnn(settings, await EvaluatedNetwork.create(engine, settings, batch, training, stop), images);
  }

  get isUnderWay(): boolean {
    return this.#work !== undefined;
  }

  /** Of the network as it is now. */
  async begin(training: Session, place: { readonly step: number; readonly epoch: number }): Promise<void> {
    await this.network.take(training);
    this.#work = new BackgroundWork(this.#pieces(place), SHARE);
  }

  /** To be called after each step. @returns the result, once */
  async advance(stepMs: number): Promise<TrainingKnnResult | undefined> {
    return (await this.#work?.advance(stepMs)) ? this.#take() : undefined;
  }

  /** All that is left of what is under way. */
  async finish(): Promise<TrainingKnnResult | undefined> {
    await this.#work?.finish();
    return this.#take();
  }

  async dispose(): Promise<void> {
    this.#work = undefined;
    await this.network.dispose();
  }

  #take(): TrainingKnnResult | undefined {
    const [work, result] = [this.#work, this.#result];
    this.#work = undefined;
    this.#result = undefined;
    return work && result && { ...result, shareTaken: work.shareTaken };
  }

  async *#pieces(place: { readonly step: number; readonly epoch: number }): AsyncGenerator<void> {
    const train = yield* this.#featuresOf(this.images.train);
    const test = this.images.test === undefined ? undefined : yield* this.#featuresOf(this.images.test);
    const tested = test ?? train;
    const rows = tested.features.rows;
    const each = Math.max(1, Math.floor(PRODUCTS / train.features.rows));
    let [top1, top5] = [0, 0];
    for (let start = 0; start < rows; start += each) {
      const end = Math.min(rows, start + each);
      const [accuracy] = knnAccuracies({
        ...{ train: train.features, trainLabels: train.labels, classes: this.images.classes.length },
        ...{ test: test?.features, testLabels: test?.labels, range: { start, end } },
        ks: [this.settings.knn_k],
      });
      top1 += ((accuracy?.top1 ?? 0) * (end - start)) / rows;
      top5 += ((accuracy?.top5 ?? 0) * (end - start)) / rows;
      yield;
    }
    this.#result = { metrics: { ...place, knn_top1: top1, knn_top5: top5, time: Date.now() }, images: rows };
  }

  async *#featuresOf({ dataset, images }: LabeledImages): AsyncGenerator<void, Features> {
    const { dim, batch } = this.network;
    const data = new Float32Array(images.length * dim);
    const labels: number[] = [];
    // The next images are decoded while the steps compute.
    let upcoming = this.#read(dataset, images.subarray(0, batch));
    for (let start = 0; start < images.length; start += batch) {
      const read = await upcoming;
      upcoming = this.#read(dataset, images.subarray(start + batch, start + 2 * batch));
      const features = await this.network.features(read.map(({ pixels }) => pixels));
      data.set(features, labels.length * dim);
      labels.push(...read.map(({ label }) => label));
      yield;
    }
    const matrix = { rows: labels.length, dim, data: data.slice(0, labels.length * dim) };
    normalizeRows(matrix);
    return { features: matrix, labels: Int32Array.from(labels) };
  }

  #read(dataset: ImageDataset, images: Int32Array): Promise<LabeledPixels[]> {
    const labelOf = (image: number) =>
      this.images.classes.indexOf(dataset.classes?.[dataset.labelOf(image) ?? -1] ?? '');
    return readLabeledPixels(dataset, images, labelOf, this.settings);
  }
}

type KnnSettings = Pick<Settings, 'knn_labels' | 'knn_test' | 'knn_images' | 'knn_k'>;

/** @throws Error with one sentence when there are no images, no classes or too few of them; the reason of `stop` when it aborts */
export async function knnImages(dataset: Dataset, settings: KnnSettings, stop: AbortSignal): Promise<KnnImages> {
  const { knn_labels: table, knn_test: testFolder, knn_images: most, knn_k: k } = settings;
  if (!isImageDataset(dataset)) throw new Error(`knn_freq is for images, and ${dataset.path} has none.`);
  const labeled = table === '' ? dataset : (await labeledByTable(dataset, table, { isStrict: true })).dataset;
  const tested = testFolder === '' ? undefined : await openDataset(testFolder, stop);
  const sets = { knn_freq: labeled, knn_test: tested };
  for (const [key, set] of Object.entries(sets))
    if (set !== undefined && set.classes === undefined)
      throw new Error(
        `${key} needs classes, and the images in ${set.path} have none: put each class in a sub-folder of its own${key === 'knn_freq' ? ', or give a table (knn_labels)' : ''}.`,
      );
  const train = someLabeled(labeled, most);
  const neighbors = tested === undefined ? train.images.length - 1 : train.images.length;
  if (neighbors < k) {
    const others = tested === undefined ? ', and each is tested by the others' : '';
    throw new Error(
      `knn_k is ${k}, but only ${counted(train.images.length, 'image')} in ${labeled.path} have a class${others}: lower knn_k.`,
    );
  }
  return {
    train,
    ...(tested && { test: someLabeled(tested, most) }),
    classes: [...new Set([...(labeled.classes ?? []), ...(tested?.classes ?? [])])],
  };
}

/** Images that have a class: so many, evenly spread. */
function someLabeled(dataset: ImageDataset, most: number): LabeledImages {
  const all = spreadImages(dataset, dataset.size).filter((image) => dataset.labelOf(image) !== undefined);
  const count = Math.min(most, all.length);
  return {
    dataset,
    images: Int32Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] as number),
  };
}
