/** Features of whole data sets: the CLS token of each image, by one backbone. */
import type { ImageDataset } from '../data/dataset.js';
import { evaluationInput } from '../data/evaluationTransform.js';
import { type Image, UnreadableImageError } from '../data/image.js';
import type { Engine, Session } from '../engines/engine.js';
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
    private readonly batch: number,
  ) {}

  /**
   * @param taken vectors: what is taken of each image, its feature if not given; batch: images at a time, and what is not filled is
   *   computed all the same
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
    const program = vectors.program({ batch, height: imageSize, width: imageSize });
    return new FeatureExtractor(backbone, vectors, await engine.compile(program, backboneWeights(network)), batch);
  }

  /** `onProgress` hears how many images are done. Unreadable ones are left out and named. */
  async extract(dataset: ImagesToSee, onProgress: (done: number) => void = () => {}): Promise<DatasetFeatures> {
    const { inChans, imageSize } = this.backbone;
    const { dim, output } = this.vectors;
    const rows = new Float32Array(dataset.size * dim);
    const images = new Int32Array(dataset.size);
    const unreadable: UnreadableImageError[] = [];
    const floats = inChans * imageSize * imageSize;
    let count = 0;
    // The next images are decoded by other threads while this one computes.
    const { batch } = this;
    let upcoming = readBatch(dataset, 0, batch, inChans);
    for (let start = 0; start < dataset.size; start += batch) {
      const decoded = await upcoming;
      upcoming = readBatch(dataset, start + batch, batch, inChans);
      // The program's batch is fixed: rows that are not filled are computed and dropped.
      const input = new Float32Array(batch * floats);
      let filled = 0;
      decoded.forEach((image, offset) => {
        if (image instanceof UnreadableImageError) {
          unreadable.push(image);
          return;
        }
        input.set(evaluationInput(image, imageSize).input, filled * floats);
        images[count + filled++] = start + offset;
      });
      const outputs = await this.session.call({
        images: { shape: [batch, inChans, imageSize, imageSize], dtype: 'float32', data: input },
      });
      const computed = outputs[output];
      if (computed === undefined) throw new Error(`the features program gave no ${output}`);
      rows.set(computed.data.subarray(0, filled * dim), count * dim);
      count += filled;
      onProgress(start + decoded.length);
    }
    await upcoming;
    const features = { rows: count, dim, data: rows.slice(0, count * dim) };
    return { features, images: images.slice(0, count), unreadable };
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
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
