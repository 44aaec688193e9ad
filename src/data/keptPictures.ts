/** Single pictures for who looks at them again and again: the last one stays decoded, and the last data set open. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ImageDataset, openDataset } from './dataset.js';
import { type Picture, readPicture } from './picture.js';

/** A picture file, or a picture of a data set (a folder of pictures, or an IDX file). */
export type PictureReference =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'dataset'; readonly path: string; readonly index: number };

interface Kept<T> {
  readonly key: string;
  readonly value: Promise<T>;
}

export class KeptPictures {
  #picture: Kept<Picture> | undefined;
  #dataset: Kept<ImageDataset> | undefined;

  /** @throws Error with one sentence when the picture cannot be read, or is not in the data set any more */
  async read(reference: PictureReference, channels: number): Promise<Picture> {
    const key = `${await this.identity(reference)}\0${channels}`;
    if (this.#picture?.key !== key) this.#picture = { key, value: this.#decode(reference, channels) };
    return this.#picture.value;
  }

  /** Another text when the reference comes to mean another picture, as when its file is replaced. */
  async identity(reference: PictureReference): Promise<string> {
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

  async #decode(reference: PictureReference, channels: number): Promise<Picture> {
    const { path, name, isPicture } = await this.#fileOf(reference);
    if (isPicture || reference.kind === 'file') return readPicture(path, name, channels);
    return (await this.open(path)).read(reference.index, channels);
  }

  /** The file that the picture lies in, alone or with others. */
  async #fileOf(reference: PictureReference) {
    const { path } = reference;
    if (reference.kind === 'file') return { path, name: basename(path), isPicture: true };
    const dataset = await this.open(path);
    const name = dataset.nameOf(reference.index);
    const { source } = dataset;
    return source.kind === 'folder'
      ? { path: join(source.root, name), name, isPicture: true }
      : { path, name, isPicture: false };
  }
}
