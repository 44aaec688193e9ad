/** Crops of single images for the panel that shows them. The last image stays decoded, so that a slider's answer is quick. */
import { batchCandidates, orderOf } from '../data/batchMaker.js';
import { previewCrops } from '../data/cropPreview.js';
import { KeptImages } from '../data/keptImages.js';
import { shownImage } from '../data/shownImage.js';
import type {
  BatchImagesAnswer,
  BatchImagesRequest,
  CropsAnswer,
  CropsRequest,
  ImageAnswer,
  ImageRequest,
} from '../protocol/worker.js';
import { learnedImages } from '../training/labeledParts.js';

/** Side in pixels of the image that the boxes are drawn on: larger than a panel shows it, and small to send. */
const SHOWN_SIDE = 800;

export class CropPreviews {
  readonly #images = new KeptImages();

  /** @throws Error with one sentence when the image cannot be read, or is not in the data set any more */
  async image({ image: reference, channels }: ImageRequest): Promise<ImageAnswer> {
    const image = await this.#images.read(reference, channels);
    return { width: image.width, height: image.height, shown: shownImage(image, SHOWN_SIDE) };
  }

  /** @throws Error as `image` */
  async crops({ image: reference, augmentation, seed, epoch }: CropsRequest): Promise<CropsAnswer> {
    const image = await this.#images.read(reference, augmentation.channels);
    const index = reference.kind === 'dataset' ? reference.index : 0;
    const { records, pixels } = previewCrops(image, augmentation, { seed, epoch, image: index });
    return { width: image.width, height: image.height, channels: image.channels, records, pixels };
  }

  /**
   * The images of a batch, in their order. One that turns out to be unreadable is replaced in training.
   * @throws Error when the data set is not what it was
   */
  async batchImages(request: BatchImagesRequest): Promise<BatchImagesAnswer> {
    const { data, fingerprint, seed, epoch, iteration, batchSize } = request;
    const dataset = await this.#images.open(data);
    if (dataset.fingerprint !== fingerprint)
      throw new Error(
        `The images in ${data} are not those that the run was started with (now ${dataset.size}), ` +
          'so what was in its batches cannot be told any more.',
      );
    const items = request.fineTuning && (await learnedImages(dataset, request.fineTuning));
    const order = orderOf(seed, epoch, { size: dataset.size, items });
    const images = [];
    for (const index of batchCandidates(order, iteration, batchSize)) {
      if (images.length === batchSize) break;
      images.push({ index, name: dataset.nameOf(index) });
    }
    return { images };
  }
}
