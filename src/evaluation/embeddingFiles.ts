/** Embeddings and layouts in the storage folder: what is looked at again, as after a reload of the window, is not computed again. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { ImageDataset } from '../data/dataset.js';
import { buildIdentity } from '../files/build.js';
import { DerivedFiles, keyOf } from '../files/derivedFiles.js';
import type { ProjectionMethod } from '../protocol/projection.js';
import { type Embedding, embeddingOf } from './embedding.js';

export interface KeptEmbedding {
  readonly embedding: Embedding;
  readonly checkpointName: string;
  readonly step?: number;
}

/** All that a layout depends on: the key of its features, how they were laid out, and from where. */
type LayoutOf = readonly [features: string, ProjectionMethod, seed: number, from: Float32Array | undefined];

export const layoutKey = ([features, method, seed, from]: LayoutOf): string =>
  JSON.stringify([features, method, seed, from && createHash('sha256').update(from).digest('hex')]);

/** What of an embedding the data set does not tell. */
type Stored = Omit<KeptEmbedding, 'embedding'> &
  Pick<Embedding, 'features' | 'images' | 'unreadable'> & { readonly pictures: number };

const LARGEST_BYTES = 2 ** 30;

export class EmbeddingFiles {
  readonly #files: DerivedFiles;

  /**
   * @param build which code computes: of another build nothing is taken
   * @param largest bytes of all files together; those that were used least lately go first
   */
  constructor(
    folder: string,
    private readonly build: string,
    largest = LARGEST_BYTES,
  ) {
    this.#files = new DerivedFiles(folder, '.embedding', largest);
  }

  /** @param key says all that the features depend on, the state of the data set among it */
  async find(key: string, dataset: ImageDataset): Promise<KeptEmbedding | undefined> {
    const bytes = await this.#files.find(this.#keyOf('features', key));
    if (bytes === undefined) return undefined;
    const { features, images, unreadable, pictures: size, ...of }: Stored = deserialize(bytes);
    if (size !== dataset.size) return undefined;
    return { ...of, embedding: embeddingOf(dataset, { features, images, unreadable }) };
  }

  async keep(key: string, { embedding, ...of }: KeptEmbedding, dataset: ImageDataset): Promise<void> {
    const { features, images, unreadable } = embedding;
    const stored: Stored = { ...of, features, images, unreadable, pictures: dataset.size };
    await this.#files.keep(this.#keyOf('features', key), serialize(stored));
  }

  /** @param count how many images there are @returns [images, 2] */
  async findLayout(key: string, count: number): Promise<Float32Array | undefined> {
    const bytes = await this.#files.find(this.#keyOf('layout', key));
    const layout: Float32Array | undefined = bytes && deserialize(bytes);
    return layout?.length === 2 * count ? layout : undefined;
  }

  async keepLayout(key: string, layout: Float32Array): Promise<void> {
    await this.#files.keep(this.#keyOf('layout', key), serialize(layout));
  }

  #keyOf(kind: 'features' | 'layout', key: string): string {
    return keyOf([this.build, kind, key]);
  }
}

/** Those in this storage folder, or undefined where this build cannot be told from others. */
export function embeddingFilesIn(storage: string): EmbeddingFiles | undefined {
  const build = buildIdentity();
  return build === undefined ? undefined : new EmbeddingFiles(path.join(storage, 'embeddings'), build);
}
