/** Crops of single pictures for the panel that shows them. The last picture stays decoded, so that a slider's answer is quick. */
import { batchCandidates } from '../data/batchMaker.js';
import { previewCrops } from '../data/cropPreview.js';
import { KeptPictures } from '../data/keptPictures.js';
import { withChannels } from '../data/picture.js';
import { epochOrder } from '../data/randomness.js';
import { resample } from '../data/resample.js';
import type {
  BatchPicturesAnswer,
  BatchPicturesRequest,
  CropsAnswer,
  CropsRequest,
  PictureAnswer,
  PictureRequest,
} from '../protocol/worker.js';

/** Side in pixels of the picture that the boxes are drawn on: larger than a panel shows it, and small to send. */
const SHOWN_SIDE = 800;

export class CropPreviews {
  readonly #pictures = new KeptPictures();

  /** @throws Error with one sentence when the picture cannot be read, or is not in the data set any more */
  async picture({ picture: reference, channels }: PictureRequest): Promise<PictureAnswer> {
    const picture = await this.#pictures.read(reference, channels);
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
    const picture = await this.#pictures.read(reference, augmentation.channels);
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
    const dataset = await this.#pictures.open(data);
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
}
