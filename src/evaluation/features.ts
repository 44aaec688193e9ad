/** Features of whole data sets: the CLS token of each image, by one backbone. */
import type { ImageDataset } from '../data/dataset.js';
import { evaluationInput } from '../data/evaluationTransform.js';
import { type Image, UnreadableImageError } from '../data/image.js';
import type { Engine, Session } from '../engines/engine.js';
import { compiledFor, inPieces, type Pieces, piecesFor } from '../engines/pieces.js';
import { type BackboneSpec, backboneOf } from '../method/backbones/index.js';
import { featuresProgram, type ImageBatch } from '../method/features.js';
import type { Program } from '../program/program.js';
import type { LoadedNetwork } from '../runs/network.js';
import { backboneWeights } from './backboneWeights.js';
import type { FeatureMatrix } from './knn.js';

export interface DatasetFeatures {
  /** [readable images, dim], as the backbone gives them (not normalized). */
  readonly features: FeatureMatrix;
  /** Index in the data set of each row. */
  readonly images: Int32Array;
  readonly unreadable: readonly UnreadableImageError[];
}

/** Some images that follow each other. */
export interface FeatureBatch {
  /** [readable images, dim], as the backbone gives them. */
  readonly features: FeatureMatrix;
  /** Index in the data set of each row. */
  readonly images: readonly number[];
  readonly unreadable: readonly { readonly image: number; readonly error: UnreadableImageError }[];
  /** How many images of the data set are done with this batch. */
  readonly done: number;
}

const BATCH = 64;

/** Images to take features of. */
export type ImagesToSee = Pick<ImageDataset, 'size' | 'read'>;

/** What is taken of a network for each image. */
export interface VectorsOf {
  /** Width of a vector. */
  readonly dim: number;
  program(images: ImageBatch): Program;
  /** The program's output, [batch, dim]. */
  readonly output: string;
}

/** The feature of an image. */
const featureOf = (backbone: BackboneSpec): VectorsOf => ({
  dim: backboneOf(backbone).dim,
  program: (images) => featuresProgram(backbone, images),
  output: 'cls',
});

/** A compiled backbone. Images go through eval_knn.py's transform: resized to 256/224 of the network's size, then the center. */
export class FeatureExtractor {
  private constructor(
    private readonly backbone: BackboneSpec,
    private readonly vectors: VectorsOf,
    private readonly session: Session,
    /** Images that are read at a time. */
    readonly batch: number,
    private readonly pieces: Pieces,
  ) {}

  /**
   * @param taken vectors: what is taken of each image, its feature if not given; batch: images that are read at a time
   */
  static async create(
    engine: Engine,
    network: LoadedNetwork,
    {
      vectors = featureOf(network.backbone),
      batch = BATCH,
    }: { readonly vectors?: VectorsOf; readonly batch?: number } = {},
  ): Promise<FeatureExtractor> {
    const { backbone } = network;
    const { imageSize } = backbone;
    const pieces = piecesFor(engine, backboneOf(backbone).outputSize, batch);
    const program = vectors.program({ batch: pieces.images, height: imageSize, width: imageSize });
    const session = await engine.compile(program, backboneWeights(network), compiledFor(pieces));
    return new FeatureExtractor(backbone, vectors, session, batch, pieces);
  }

  /** Width of a row. */
  get dim(): number {
    return this.vectors.dim;
  }

  /** `onProgress` hears how many images are done. Unreadable ones are left out and named. */
  async extract(dataset: ImagesToSee, onProgress: (done: number) => void = () => {}): Promise<DatasetFeatures> {
    const { dim } = this;
    const rows = new Float32Array(dataset.size * dim);
    const images = new Int32Array(dataset.size);
    const unreadable: UnreadableImageError[] = [];
    let count = 0;
    for await (const { features, images: seen, unreadable: unseen, done } of this.batches(dataset)) {
      rows.set(features.data, count * dim);
      images.set(seen, count);
      count += features.rows;
      unreadable.push(...unseen.map(({ error }) => error));
      onProgress(done);
    }
    const features = { rows: count, dim, data: rows.slice(0, count * dim) };
    return { features, images: images.slice(0, count), unreadable };
  }

  /**
   * The features batch by batch, so that memory does not depend on the number of images.
   * @param from the first image, a multiple of the batch where the numbers must be those of a whole pass
   */
  async *batches(dataset: ImagesToSee, from = 0): AsyncGenerator<FeatureBatch> {
    const { inChans } = this.backbone;
    const { batch, dim } = this;
    // The next images are decoded by other threads while this one computes.
    let upcoming = readBatch(dataset, from, batch, inChans);
    for (let start = from; start < dataset.size; start += batch) {
      const decoded = await upcoming;
      upcoming = readBatch(dataset, start + batch, batch, inChans);
      const images: number[] = [];
      const readable: Image[] = [];
      const unreadable: { image: number; error: UnreadableImageError }[] = [];
      decoded.forEach((image, offset) => {
        if (image instanceof UnreadableImageError) {
          unreadable.push({ image: start + offset, error: image });
          return;
        }
        images.push(start + offset);
        readable.push(image);
      });
      const data = await this.#vectorsOf(readable);
      yield { features: { rows: images.length, dim, data }, images, unreadable, done: start + decoded.length };
    }
    await upcoming;
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
  }

  /** [images, dim]. */
  async #vectorsOf(images: readonly Image[]): Promise<Float32Array> {
    const { dim } = this;
    const vectors = new Float32Array(images.length * dim);
    await inPieces(this.pieces, images.length, async (first, end) => {
      vectors.set(await this.#call(images.slice(first, end)), first * dim);
    });
    return vectors;
  }

  /** The vectors of the images of one call. Its program's batch is fixed: what is not filled is computed and dropped. */
  async #call(images: readonly Image[]): Promise<Float32Array> {
    const { inChans, imageSize } = this.backbone;
    const floats = inChans * imageSize * imageSize;
    const data = new Float32Array(this.pieces.images * floats);
    images.forEach((image, i) => {
      data.set(evaluationInput(image, imageSize).input, i * floats);
    });
    const shape = [this.pieces.images, inChans, imageSize, imageSize];
    const outputs = await this.session.call({ images: { shape, dtype: 'float32', data } });
    const computed = outputs[this.vectors.output];
    if (computed === undefined) throw new Error(`the features program gave no ${this.vectors.output}`);
    return computed.data.subarray(0, images.length * this.dim) as Float32Array;
  }
}

function readBatch(
  dataset: ImagesToSee,
  start: number,
  most: number,
  channels: number,
): Promise<(Image | UnreadableImageError)[]> {
  const count = Math.max(0, Math.min(most, dataset.size - start));
  const images = Promise.all(
    Array.from({ length: count }, (_, offset) =>
      dataset.read(start + offset, channels).catch((error: unknown) => {
        if (error instanceof UnreadableImageError) return error;
        throw error;
      }),
    ),
  );
  // It is awaited a batch later; until then its failure must not count as nobody's.
  images.catch(() => undefined);
  return images;
}
