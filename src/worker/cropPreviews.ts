/** Crops of single pictures for the panel that shows them. The last picture stays decoded, so that a slider's answer is quick. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { batchCandidates } from '../data/batchMaker.js';
import { previewCrops } from '../data/cropPreview.js';
import { type ImageDataset, openDataset } from '../data/dataset.js';
import { type Picture, readPicture, withChannels } from '../data/picture.js';
import { epochOrder } from '../data/randomness.js';
import { resample } from '../data/resample.js';
import type {
  BatchPicturesAnswer,
  BatchPicturesRequest,
  CropsAnswer,
  CropsRequest,
  PictureAnswer,
  PictureReference,
  PictureRequest,
} from '../protocol/worker.js';

/** Side in pixels of the picture that the boxes are drawn on: larger than a panel shows it, and small to send. */
const SHOWN_SIDE = 800;

interface Kept<T> {
  readonly key: string;
  readonly value: Promise<T>;
}

export class CropPreviews {
  #picture: Kept<Picture> | undefined;
  #dataset: Kept<ImageDataset> | undefined;

  /** @throws Error with one sentence when the picture cannot be read, or is not in the data set any more */
  async picture({ picture: reference, channels }: PictureRequest): Promise<PictureAnswer> {
    const picture = await this.#read(reference, channels);
    const { width, height } = picture;
    const reduction = Math.min(1, SHOWN_SIDE / Math.max(width, height));
    const shown = {
      width: Math.max(1, Math.round(width * reduction)),
      height: Math.max(1, Math.round(height * reduction)),
    };
    const pixels = new Uint8ClampedArray(shown.width * shown.height * picture.channels);
    resample(picture, { box: { left: 0, top: 0, width, height }, ...shown, kernel: 'bilinear' }, pixels);
    const { data } = withChannels({ ...shown, channels, data: new Uint8Array(pixels.buffer) }, 3);
    return { width, height, shown: { ...shown, pixels: data } };
  }

  /** @throws Error as `picture` */
  async crops({ picture: reference, augmentation, seed, epoch }: CropsRequest): Promise<CropsAnswer> {
    const picture = await this.#read(reference, augmentation.channels);
    const image = reference.kind === 'dataset' ? reference.index : 0;
    const { records, pixels } = previewCrops(picture, augmentation, { seed, epoch, image });
    return { width: picture.width, height: picture.height, channels: picture.channels, records, pixels };
  }

  /**
   * The pictures of a batch, in their order. One that turns out to be unreadable is replaced in training.
   * @throws Error when the data set is not what it was
   */
  async batchPictures(request: BatchPicturesRequest): Promise<BatchPicturesAnswer> {
    const { data, fingerprint, seed, epoch, iteration, batchSize } = request;
    const dataset = await this.#open(data);
    if (dataset.fingerprint !== fingerprint)
      throw new Error(
        `The pictures in ${data} are not those that the run was started with (now ${dataset.size}), ` +
          'so what was in its batches cannot be told any more.',
      );
    const order = epochOrder(seed, epoch, dataset.size);
    const pictures = [];
    for (const index of batchCandidates(order, iteration, batchSize)) {
      if (pictures.length === batchSize) break;
      pictures.push({ index, name: dataset.nameOf(index) });
    }
    return { pictures };
  }

  async #read(reference: PictureReference, channels: number): Promise<Picture> {
    if (reference.kind === 'file') return this.#readFile(reference.path, basename(reference.path), channels);
    const dataset = await this.#open(reference.path);
    const { source } = dataset;
    const name = dataset.nameOf(reference.index);
    if (source.kind === 'folder') return this.#readFile(join(source.root, name), name, channels);
    return dataset.read(reference.index, channels);
  }

  /** Decoded once, until the file changes or another one is asked for. */
  #readFile(path: string, name: string, channels: number): Promise<Picture> {
    const stat = statSync(path, { throwIfNoEntry: false });
    const key = `${path}\0${stat?.mtimeMs}\0${stat?.size}\0${channels}`;
    if (this.#picture?.key !== key) this.#picture = { key, value: readPicture(path, name, channels) };
    return this.#picture.value;
  }

  #open(path: string): Promise<ImageDataset> {
    if (this.#dataset?.key !== path) {
      const opened = { key: path, value: openDataset(path) };
      this.#dataset = opened;
      opened.value.catch(() => {
        if (this.#dataset === opened) this.#dataset = undefined;
      });
    }
    return this.#dataset.value;
  }
}
