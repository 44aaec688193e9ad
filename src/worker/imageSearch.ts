/** Images that are like others: indexes of folders are kept on disk, and the ones used last stay here. Works one after the other. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ImageDataset, openDataset } from '../data/dataset.js';
import { type Image, readImage, UnreadableImageError } from '../data/image.js';
import { resample } from '../data/resample.js';
import { shownImage } from '../data/shownImage.js';
import { chooseEngine } from '../engines/choose.js';
import type { Engine } from '../engines/engine.js';
import { Turns } from '../engines/turns.js';
import { errorMessage } from '../errors/errorMessage.js';
import { copyLinks } from '../evaluation/copies/groups.js';
import { indexedCopies } from '../evaluation/copies/indexedCopies.js';
import type { Computing } from '../evaluation/evaluation.js';
import { FeatureExtractor } from '../evaluation/features.js';
import { normalizeRows } from '../evaluation/knn.js';
import { networkIdentity } from '../evaluation/networkIdentity.js';
import { indexPath, type UpdatedIndex, updateIndex } from '../evaluation/retrieval/folderIndex.js';
import { graphOf, type RowGraph } from '../evaluation/retrieval/graphFile.js';
import { mostSimilar, rowOfFile } from '../evaluation/retrieval/search.js';
import type * as protocol from '../protocol/imageSearchWork.js';
import { identityOfNetwork, type LoadedNetwork, loadNetwork } from '../runs/network.js';
import { Throttle } from './throttle.js';

const PROGRESS_EVERY_MS = 100;
const NAMED_UNREADABLE = 5;
/** As many folders by a network as a person goes to and fro between. */
const KEPT_INDEXES = 2;
const KEPT_DATASETS = 4;
/** Rows between two looks at what else is asked. */
const PIECE = 64;

interface Loaded {
  readonly key: string;
  readonly network: LoadedNetwork;
  readonly engine: Engine;
  /** Of single images, made when the first is asked for. */
  extractor?: FeatureExtractor;
}

interface Indexed {
  readonly key: string;
  readonly dataset: ImageDataset;
  readonly updated: UpdatedIndex;
  readonly unreadable: readonly string[];
  readonly graph: RowGraph | undefined;
  readonly notes: readonly string[];
  links?: { readonly least: number; readonly links: protocol.CopiesAnswer['links'] };
}

export class ImageSearch {
  readonly #turns = new Turns();
  #loaded: Loaded | undefined;
  #indexes: readonly Indexed[] = [];
  #datasets: readonly ImageDataset[] = [];

  /** @param say takes progress @param storage where indexes are kept */
  constructor(
    private readonly say: (progress: protocol.SearchProgress) => void,
    private readonly storage: string,
  ) {}

  /** @throws Error with one sentence; the reason of `stop` when it aborts */
  similar(request: protocol.SimilarRequest, stop: AbortSignal): Promise<protocol.SimilarAnswer> {
    return this.#turns.take(async () => {
      const { loaded, indexed } = await this.#indexed(request, stop, 'features');
      const { dataset, updated, graph } = indexed;
      const query = await this.#featureOf(request.query, loaded, dataset);
      // A part of an image is another image: the whole may be found.
      const own = request.query.region === undefined ? await ownRow(request.query, indexed) : -1;
      const others = updated.index.images.length - (own < 0 ? 0 : 1);
      if (others === 0) throw new Error(`There is no other image in ${dataset.path} that could be like this one.`);
      const found = mostSimilar(updated, query, Math.min(request.k, others), own, graph);
      return {
        ...about(indexed, loaded),
        found: found.map(({ row, name, distance }) => ({ index: updated.images[row] ?? 0, name, distance })),
        isApproximate: graph !== undefined,
      };
    }, stop);
  }

  /** @throws as `similar` */
  copies(request: protocol.CopiesRequest, stop: AbortSignal): Promise<protocol.CopiesAnswer> {
    return this.#turns.take(async () => {
      const { loaded, indexed } = await this.#indexed(request, stop, 'copies');
      const { images, index } = indexed.updated;
      if (indexed.links?.least !== request.least) {
        const features = { ...index.features, data: index.features.data.slice() };
        normalizeRows(features);
        const heard = this.#listener(request.id);
        const links = await copyLinks(features, request.least, async (done) => {
          if (done % PIECE !== 0) return;
          heard.offer({ done, total: features.rows, of: 'comparisons' });
          await new Promise((next) => setImmediate(next));
          stop.throwIfAborted();
        });
        heard.flush();
        indexed.links = { least: request.least, links };
      }
      const { links } = indexed.links;
      const rows = [...new Set(links.flatMap(({ one, other }) => [one, other]))].sort((one, other) => one - other);
      const placeOf = new Map(rows.map((row, place) => [row, place]));
      const place = (row: number) => placeOf.get(row) ?? 0;
      return {
        ...about(indexed, loaded),
        linked: rows.map((row) => ({ index: images[row] ?? 0, name: index.images[row]?.name ?? '' })),
        links: links.map(({ one, other, similarity }) => ({ one: place(one), other: place(other), similarity })),
      };
    }, stop);
  }

  /** @throws Error with one sentence when the images are not those that were asked about */
  async images({ data, stamp, images, side }: protocol.SearchedImagesRequest) {
    // This process may be younger than the answer that the page shows.
    const dataset =
      this.#datasets.find((one) => one.path === resolve(data) && one.stamp === stamp) ?? (await openDataset(data));
    if (dataset.stamp !== stamp) throw new Error(`The images in ${data} have changed: search again.`);
    this.#keep(dataset);
    const shown: (protocol.SearchedImage | string)[] = [];
    // One after the other: large images take much memory, and work goes on beside.
    for (const index of images) shown.push(await shownOf(dataset, index, side));
    return { images: shown };
  }

  async #indexed(
    { id, of, isStale }: protocol.SimilarRequest | protocol.CopiesRequest,
    signal: AbortSignal,
    kind: 'features' | 'copies',
  ): Promise<{ readonly loaded: Loaded; readonly indexed: Indexed }> {
    const loaded = await this.#load(of);
    const key = JSON.stringify([resolve(of.data), loaded.key, kind]);
    const kept = this.#indexes.find((one) => one.key === key);
    if (kept !== undefined && !isStale) return { loaded, indexed: this.#use(kept) };
    const dataset = await openDataset(of.data, signal);
    this.#keep(dataset);
    if (kept?.dataset.stamp === dataset.stamp) return { loaded, indexed: this.#use({ ...kept, dataset }) };
    const heard = this.#listener(id);
    const unreadable: string[] = [];
    const { network, engine } = loaded;
    const by: Computing = {
      ...{ network, engine, signal },
      progress: (done, total, what) => heard.offer({ done, total, of: what }),
      warn: (message) => unreadable.push(message),
    };
    const made = kind === 'copies' ? indexedCopies(by) : undefined;
    const path = indexPath(this.storage, dataset, made?.identity ?? networkIdentity(network));
    const updated = await updateIndex(path, dataset, by, false, made);
    const graph = kind === 'features' ? await graphOf(path, updated.index, by) : undefined;
    heard.flush();
    const notes = [
      // Classes are nothing to a search: only what is left out is worth a word.
      ...dataset.notes.map((note) => `${note}.`),
      ...updated.notes,
      ...(typeof graph === 'string' ? [graph] : []),
    ];
    const near = typeof graph === 'object' ? graph : undefined;
    return { loaded, indexed: this.#use({ key, dataset, updated, unreadable, graph: near, notes }) };
  }

  #keep(dataset: ImageDataset): void {
    this.#datasets = [...this.#datasets.filter(({ path }) => path !== dataset.path), dataset].slice(-KEPT_DATASETS);
  }

  #use(indexed: Indexed): Indexed {
    this.#indexes = [...this.#indexes.filter(({ key }) => key !== indexed.key), indexed].slice(-KEPT_INDEXES);
    return indexed;
  }

  async #load({ checkpoint, numHeads }: protocol.SearchedReference): Promise<Loaded> {
    const key = JSON.stringify([identityOfNetwork(checkpoint), numHeads]);
    if (this.#loaded?.key === key) return this.#loaded;
    const network = await loadNetwork(checkpoint, { ...(numHeads !== undefined && { numHeads }) });
    const engine = await chooseEngine('auto');
    await this.#loaded?.extractor?.dispose();
    this.#loaded = { key, network, engine };
    return this.#loaded;
  }

  async #featureOf(query: protocol.QueryImage, loaded: Loaded, dataset: ImageDataset): Promise<Float32Array> {
    const { network, engine } = loaded;
    const read = async (_: number, channels: number): Promise<Image> => {
      const { image, region } = query;
      const whole =
        image.kind === 'file'
          ? await readImage(image.path, image.path, channels)
          : await (resolve(image.path) === dataset.path ? dataset : await openDataset(image.path)).read(
              image.index,
              channels,
            );
      return region === undefined ? whole : cut(whole, region);
    };
    loaded.extractor ??= await FeatureExtractor.create(engine, network, { batch: 1 });
    const { features, unreadable } = await loaded.extractor.extract({ size: 1, read });
    const [problem] = unreadable;
    if (problem !== undefined) throw problem;
    normalizeRows(features);
    return features.data;
  }

  #listener(id: number): Throttle<Omit<protocol.SearchProgress, 'id'>> {
    return new Throttle(PROGRESS_EVERY_MS, (progress) => this.say({ id, ...progress }));
  }
}

const about = ({ dataset, updated, unreadable, notes }: Indexed, { network }: Loaded) => ({
  stamp: dataset.stamp,
  ...(dataset.source.kind === 'folder' && { folder: dataset.source.root }),
  images: updated.index.images.length,
  computed: updated.computed,
  notes,
  unreadable: { count: unreadable.length, examples: unreadable.slice(0, NAMED_UNREADABLE) },
  checkpointName: network.name,
});

/** The row of the query itself, -1: it is not in the folder. */
async function ownRow({ image }: protocol.QueryImage, { dataset, updated }: Indexed): Promise<number> {
  if (image.kind === 'file') return rowOfFile(image.path, dataset, updated);
  return resolve(image.path) === dataset.path ? updated.images.indexOf(image.index) : -1;
}

/** A part of an image; what lies outside of it is left out. */
function cut(image: Image, region: NonNullable<protocol.QueryImage['region']>): Image {
  const left = Math.min(Math.max(0, Math.round(region.left)), image.width - 1);
  const top = Math.min(Math.max(0, Math.round(region.top)), image.height - 1);
  const width = Math.max(1, Math.min(Math.round(region.width), image.width - left));
  const height = Math.max(1, Math.min(Math.round(region.height), image.height - top));
  const out = new Uint8ClampedArray(width * height * image.channels);
  resample(image, { box: { left, top, width, height }, width, height, kernel: 'bilinear' }, out);
  return { width, height, channels: image.channels, data: new Uint8Array(out.buffer) };
}

async function shownOf(dataset: ImageDataset, index: number, side: number): Promise<protocol.SearchedImage | string> {
  try {
    const image = await dataset.read(index, 3);
    const { source } = dataset;
    const file = source.kind === 'folder' ? await stat(join(source.root, dataset.nameOf(index))) : undefined;
    return {
      ...shownImage(image, side),
      original: { width: image.width, height: image.height },
      ...(file && { bytes: file.size, modified: file.mtimeMs }),
    };
  } catch (error) {
    if (error instanceof UnreadableImageError) return error.message;
    return errorMessage(error);
  }
}
