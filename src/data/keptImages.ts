/** Single images for who looks at them again and again: the last one stays decoded, and the last data set open. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ImageDataset, openDataset } from './dataset.js';
import { type Image, readImage } from './image.js';

/** An image file, or an image of a data set (a folder of images, or an IDX file). */
export type ImageReference =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'dataset'; readonly path: string; readonly index: number };

interface Kept<T> {
  readonly key: string;
  readonly value: Promise<T>;
}

export class KeptImages {
  #image: Kept<Image> | undefined;
  #dataset: Kept<ImageDataset> | undefined;

  /** @throws Error with one sentence when the image cannot be read, or is not in the data set any more */
  async read(reference: ImageReference, channels: number): Promise<Image> {
    const key = `${await this.identity(reference)}\0${channels}`;
    if (this.#image?.key !== key) this.#image = { key, value: this.#decode(reference, channels) };
    return this.#image.value;
  }

  /** Another text when the reference comes to mean another image, as when its file is replaced. */
  async identity(reference: ImageReference): Promise<string> {
    const { path } = await this.#fileOf(reference);
    const stat = statSync(path, { throwIfNoEntry: false });
    return [path, reference.kind === 'dataset' && reference.index, stat?.mtimeMs, stat?.size].join('\0');
  }

  open(path: string): Promise<ImageDataset> {
    if (this.#dataset?.key !== path) {
      const opened = { key: path, value: openDataset(path) };
      this.#dataset = opened;
      opened.value.catch(() => {
        if (this.#dataset === opened) this.#dataset = undefined;
      });
    }
    return this.#dataset.value;
  }

  async #decode(reference: ImageReference, channels: number): Promise<Image> {
    const { path, name, isImage } = await this.#fileOf(reference);
    if (isImage || reference.kind === 'file') return readImage(path, name, channels);
    return (await this.open(path)).read(reference.index, channels);
  }

  /** The file that the image lies in, alone or with others. */
  async #fileOf(reference: ImageReference) {
    const { path } = reference;
    if (reference.kind === 'file') return { path, name: basename(path), isImage: true };
    const dataset = await this.open(path);
    const name = dataset.nameOf(reference.index);
    const { source } = dataset;
    return source.kind === 'folder'
      ? { path: join(source.root, name), name, isImage: true }
      : { path, name, isImage: false };
  }
}
