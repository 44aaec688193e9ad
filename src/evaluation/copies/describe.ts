/** Descriptors of a data set's images for finding copies: facebookresearch/dino's eval_copy_detection.py. */

import type { ImageDataset } from '../../data/dataset.js';
import { type Image, readImage, UnreadableImageError } from '../../data/image.js';
import { tokensProgram } from '../../method/backbones/vit/programs.js';
import type { VitSpec } from '../../method/backbones/vit/spec.js';
import type { Computing } from '../evaluation.js';
import { stacked } from '../featureRows.js';
import type { DatasetFeatures, ImagesToSee } from '../features.js';
import type { FeatureMatrix } from '../knn.js';
import { normalizedPlanes, resized } from '../preparedImage.js';
import { requireVit } from '../requireVit.js';
import { floatsOf, SizedNetwork } from '../sizedNetwork.js';
import { copyDescriptors } from './gem.js';

/** Images that are compared: a data set, or a part of one. */
export type ComparedImages = Pick<ImageDataset, 'path' | 'size' | 'read' | 'nameOf'>;

export interface DescribedImages {
  /** [readable images, 2 * dim], as they are: neither whitened nor of length 1. */
  readonly descriptors: FeatureMatrix;
  /** Of each row. */
  readonly names: readonly string[];
}

/** The original looks at 320 pixels with networks that were made for 224. */
export const copySize = ({ imageSize, patchSize }: Pick<VitSpec, 'imageSize' | 'patchSize'>): number =>
  Math.max(1, Math.floor((imageSize * 320) / 224 / patchSize)) * patchSize;

export class CopyDescriptors {
  readonly #network: SizedNetwork;
  readonly #vit: VitSpec;
  /** Of the square that images are resized to, in pixels. */
  readonly side: number;

  /** @throws Error with one sentence for a network without patches, or when a patch does not fit */
  constructor(
    private readonly by: Pick<Computing, 'engine' | 'network' | 'signal' | 'progress' | 'warn'>,
    side?: number,
  ) {
    const { network, engine } = by;
    const vit = requireVit(network, 'patches');
    this.side = side ?? copySize(vit);
    if (this.side < vit.patchSize)
      throw new Error(`A size of ${this.side} pixels is less than a patch of ${vit.patchSize}: choose a larger one.`);
    this.#vit = vit;
    this.#network = new SizedNetwork(engine, network, (_, size) => tokensProgram(vit, size));
  }

  /** Unreadable images are left out and named. @throws Error with one sentence when none can be read */
  async ofDataset(dataset: ComparedImages): Promise<DescribedImages> {
    const { signal, progress, warn } = this.by;
    const { features, images, unreadable } = await this.of(dataset, (done) => {
      signal.throwIfAborted();
      progress(done, dataset.size, `descriptors of ${dataset.path}`);
    });
    for (const { message } of unreadable) warn(message);
    if (features.rows === 0) throw new Error(`None of the images in ${dataset.path} can be read.`);
    return { descriptors: features, names: Array.from(images, dataset.nameOf) };
  }

  /** `onProgress` hears how many images are done; what it throws ends the work. */
  async of({ size, read }: ImagesToSee, onProgress: (done: number) => void): Promise<DatasetFeatures> {
    const rows: Float32Array[] = [];
    const images: number[] = [];
    const unreadable: UnreadableImageError[] = [];
    onProgress(0);
    for (let index = 0; index < size; index++) {
      try {
        rows.push(await this.#of(await read(index, this.by.network.backbone.inChans)));
        images.push(index);
      } catch (error) {
        if (!(error instanceof UnreadableImageError)) throw error;
        unreadable.push(error);
      }
      onProgress(index + 1);
    }
    return { features: stacked(rows), images: Int32Array.from(images), unreadable };
  }

  /** @throws UnreadableImageError */
  async ofFile(path: string): Promise<DescribedImages> {
    const image = await readImage(path, path, this.by.network.backbone.inChans);
    return { descriptors: stacked([await this.#of(image)]), names: [path] };
  }

  dispose(): Promise<void> {
    return this.#network.dispose();
  }

  async #of(image: Image): Promise<Float32Array> {
    const planes = normalizedPlanes(resized(image, this.side, this.side, 'bicubic'));
    const tokens = await this.#network.run(planes);
    const [cls, patches] = [floatsOf(tokens, 'cls'), floatsOf(tokens, 'patches')];
    return copyDescriptors({ cls, patches, dim: this.#vit.embedDim });
  }
}
