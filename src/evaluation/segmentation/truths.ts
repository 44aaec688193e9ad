/** Given masks beside images: a folder of PNGs by the images' names, as VOC has them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageDataset } from '../../data/dataset.js';
import { fileProblem } from '../../files/fileProblem.js';
import { stemOf } from '../namedImages.js';
import { isBlackAndWhite, type LabelImage, readLabels, whiteAsObject, whiteIsObject } from './labelImage.js';

export class Truths {
  private constructor(
    private readonly folder: string,
    /** By the images' names without their endings. */
    private readonly files: ReadonlyMap<string, string>,
  ) {}

  /** @throws Error with one sentence when the folder has no mask of any of the images */
  static async open(folder: string, dataset: Pick<ImageDataset, 'size' | 'nameOf' | 'path'>): Promise<Truths> {
    const names = await readdir(folder).catch((error: unknown) => {
      throw new Error(`The folder of masks ${folder} cannot be read: ${fileProblem(error)}.`);
    });
    const masks = names.filter((name) => /\.png$/i.test(name)).sort();
    if (masks.length === 0)
      throw new Error(`The folder ${folder} has no masks: they are PNGs, one by the name of each image.`);
    const files = new Map(masks.map((name) => [stemOf(name), join(folder, name)]));
    const isNamed = Array.from({ length: dataset.size }, (_, image) => files.has(stemOf(dataset.nameOf(image))));
    if (!isNamed.includes(true))
      throw new Error(
        `No mask in ${folder} has the name of an image in ${dataset.path}: ${dataset.nameOf(0)} would need ${stemOf(dataset.nameOf(0))}.png, and there is ${masks[0]}.`,
      );
    return new Truths(folder, files);
  }

  has(image: string): boolean {
    return this.files.has(stemOf(image));
  }

  /**
   * @param warn hears of a black and white mask
   * @throws Error with one sentence when it has another size than its image
   */
  async of(
    image: string,
    { width, height }: { readonly width: number; readonly height: number },
    warn: (message: string) => void,
  ): Promise<LabelImage> {
    const path = this.files.get(stemOf(image)) ?? join(this.folder, `${stemOf(image)}.png`);
    const truth = await readLabels(path);
    if (truth.width !== width || truth.height !== height)
      throw new Error(
        `The mask ${path} has ${truth.width} x ${truth.height} pixels, but its image ${image} has ${width} x ${height}.`,
      );
    if (!isBlackAndWhite(truth)) return truth;
    warn(whiteIsObject(path));
    return whiteAsObject(truth);
  }
}
