/** Embeddings of images: their features stay here, and are laid out, searched and written on request. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CancellationToken } from 'vscode-jsonrpc';
import { datasetNotes, type ImageDataset, openDataset } from '../data/dataset.js';
import { chooseEngine } from '../engines/choose.js';
import { type Embedding, embed, spreadImages } from '../evaluation/embedding.js';
import { type EmbeddingFiles, type KeptEmbedding, layoutKey } from '../evaluation/embeddingFiles.js';
import { type ImageTableOptions, openImageTable, readImageColumn } from '../evaluation/imageTable.js';
import { mostSimilar, votedClasses } from '../evaluation/neighborVotes.js';
import { spriteOf, writeProjectorFiles } from '../evaluation/projectorFiles.js';
import { tableSettings } from '../evaluation/tables/tableSettings.js';
import { thumbnails } from '../evaluation/thumbnails.js';
import { nearestNeighbors } from '../projection/neighbors.js';
import { beginProjection, ProjectionInput } from '../projection/project.js';
import type * as protocol from '../protocol/embeddingWork.js';
import { identityOfNetwork, loadNetwork } from '../runs/network.js';
import { Throttle } from './throttle.js';

type Say = (progress: protocol.EmbeddingProgress) => void;

interface Kept extends KeptEmbedding {
  readonly dataset: ImageDataset;
  readonly input: ProjectionInput;
}

/** Features of all kept embeddings together, in numbers: 1 GiB. The one used last stays, however large it is. */
const KEPT_NUMBERS = 2 ** 28;
/** Between two looks at what else is asked. */
const TURN_MS = 40;
const PROGRESS_EVERY_MS = 100;
/** A frame of many points takes longer to send and to draw. */
const MS_PER_THOUSAND_POINTS = 5;
const VOTERS = 20;
/** A list of names each. */
const KEPT_DATASETS = 8;
const NAMED_UNREADABLE = 5;

export class Embeddings {
  /** As they were opened, the least recently used first: indices are of that state. */
  #datasets: readonly ImageDataset[] = [];
  /** The least recently used first. */
  readonly #kept = new Map<string, Promise<Kept>>();
  readonly #held = new Map<number, { readonly promise: Promise<void>; readonly release: () => void }>();

  /** @param files where features and layouts are kept for the next time, if they are */
  constructor(
    private readonly say: Say,
    private readonly files?: EmbeddingFiles,
  ) {}

  /** The images as they are now. @throws Error with one sentence when there are none, or no such checkpoint; Cancelled */
  async embed({ id, of }: protocol.EmbedRequest, token: CancellationToken): Promise<protocol.EmbedAnswer> {
    // A folder of many images takes longer to look through than a missing checkpoint to notice.
    if (!existsSync(of.checkpoint)) await loadNetwork(of.checkpoint);
    const now = await this.#openNow(of.data);
    const { dataset, embedding, checkpointName, step } = await this.#embedding(
      id,
      { ...of, stamp: now.stamp },
      token,
      now,
    );
    const { names, images, labels, classes, unreadable, features } = embedding;
    return {
      stamp: now.stamp,
      names,
      images,
      labels,
      classes,
      ...(dataset.source.kind === 'folder' && { folder: dataset.source.root }),
      found: dataset.size,
      notes: datasetNotes(dataset),
      unreadable: { count: unreadable.length, examples: unreadable.slice(0, NAMED_UNREADABLE) },
      dim: features.dim,
      isUniform: features.rows > 1 && isUniform(features),
      checkpointName,
      ...(step !== undefined && { step }),
    };
  }

  /** @throws as `embed`, and when `from` is of other images */
  async project(request: protocol.ProjectRequest, token: CancellationToken): Promise<protocol.ProjectAnswer> {
    const { id, of, method, seed, from } = request;
    const { input } = await this.#embedding(id, of, token);
    const { rows } = input.features;
    if (from !== undefined && from.length !== 2 * rows)
      throw new Error(`The images in ${of.data} are not those that were laid out before (now ${rows}): start again.`);
    const key = layoutKey([keyOf(of), method, seed, from]);
    const known = await this.files?.findLayout(key, rows);
    if (known !== undefined) return { layout: known };
    // Cancelled while it is held, it must hear of it.
    token.onCancellationRequested(() => this.hold({ id, isHeld: false }));
    const pace = this.#pace(id, rows, token);
    const descent = await beginProjection(input, method, seed, pace, from);
    const frameMs = Math.max(PROGRESS_EVERY_MS, (rows / 1000) * MS_PER_THOUSAND_POINTS);
    const frames = new Throttle<() => protocol.EmbeddingProgress>(frameMs, (make) => this.say(make()));
    while (descent.iteration < descent.iterations) {
      await this.#held.get(id)?.promise;
      for (const end = performance.now() + TURN_MS; descent.iteration < descent.iterations; ) {
        descent.step();
        if (performance.now() > end) break;
      }
      const { iteration: done, iterations: total } = descent;
      frames.offer(() => ({ id, phase: 'projecting', done, total, layout: descent.layout() }));
      await turn(token);
    }
    const layout = descent.layout();
    await this.files?.keepLayout(key, layout);
    return { layout };
  }

  hold({ id, isHeld }: { readonly id: number; readonly isHeld: boolean }): void {
    const held = this.#held.get(id);
    if (isHeld === (held !== undefined)) return;
    if (held !== undefined) {
      this.#held.delete(id);
      held.release();
      return;
    }
    let release = (): void => undefined;
    const promise = new Promise<void>((done) => {
      release = done;
    });
    this.#held.set(id, { promise, release });
  }

  async nearest(request: protocol.NearestRequest, token: CancellationToken): Promise<protocol.NearestAnswer> {
    const { embedding } = await this.#embedding(request.id, request.of, token);
    return mostSimilar(embedding.features, request.image, request.k);
  }

  async predict({ id, of, labels }: protocol.PredictRequest, token: CancellationToken) {
    const { input } = await this.#embedding(id, of, token);
    const { rows } = input.features;
    if (rows < 2) return { predicted: labels.map(() => -1), k: 0 };
    const k = Math.min(VOTERS, rows - 1);
    const neighbors = await nearestNeighbors(input.features, k, this.#pace(id, rows, token));
    return { predicted: votedClasses(neighbors, labels), k };
  }

  async thumbnails({ data, stamp, images, side }: protocol.ThumbnailsRequest) {
    return thumbnails(await this.#openAs(data, stamp), images, side);
  }

  async openTable(request: protocol.TableRequest): Promise<protocol.TableAnswer> {
    return openImageTable(request.file, request.names, tableOptions(request));
  }

  async readColumn(request: protocol.TableRequest & { readonly nameColumn: string; readonly column: string }) {
    const { file, names, nameColumn, column } = request;
    return { values: await readImageColumn(file, names, { ...tableOptions(request), nameColumn, column }) };
  }

  async writeProjector(request: protocol.WriteProjectorRequest, token: CancellationToken) {
    const { dataset, embedding } = await this.#embedding(request.id, request.of, token);
    const { names, features, images } = embedding;
    const { folder, columns } = request;
    const metadata = [{ name: 'name', values: names }, ...columns];
    const sprite = await spriteOf(dataset, images);
    return { files: await writeProjectorFiles(folder, { features, metadata, sprite }) };
  }

  #pace(id: number, total: number, token: CancellationToken) {
    const progress = new Throttle<number>(PROGRESS_EVERY_MS, (done) =>
      this.say({ id, phase: 'neighbors', done, total }),
    );
    return async (share: number): Promise<void> => {
      progress.offer(Math.round(share * total));
      await turn(token);
    };
  }

  async #embedding(
    id: number,
    of: protocol.KnownReference,
    token: CancellationToken,
    dataset?: ImageDataset,
  ): Promise<Kept> {
    const key = keyOf(of);
    const kept = this.#kept.get(key) ?? this.#find(key, id, of, token, dataset);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    try {
      const found = await kept;
      void this.#dropOldest();
      return found;
    } catch (error) {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
      // Who had it made does not want it any more; this one does.
      if (error instanceof Cancelled && !token.isCancellationRequested) return this.#embedding(id, of, token, dataset);
      throw error;
    }
  }

  /** @param now the data set as it is, if that is known already */
  async #find(
    key: string,
    id: number,
    of: protocol.KnownReference,
    token: CancellationToken,
    now?: ImageDataset,
  ): Promise<Kept> {
    const dataset = now ?? (await this.#openNow(of.data));
    requireState(dataset, of.stamp);
    const known = await this.files?.find(key, dataset);
    const found = known ?? (await this.#extract(id, of, dataset, token));
    if (known === undefined) await this.files?.keep(key, found, dataset);
    return { ...found, dataset, input: new ProjectionInput(found.embedding.features, 0) };
  }

  async #extract(
    id: number,
    of: protocol.EmbeddingReference,
    dataset: ImageDataset,
    token: CancellationToken,
  ): Promise<KeptEmbedding> {
    const network = await loadNetwork(of.checkpoint, { ...(of.numHeads !== undefined && { numHeads: of.numHeads }) });
    const engine = await chooseEngine('auto');
    const chosen = spreadImages(dataset, of.mostImages);
    const total = chosen.length;
    const progress = new Throttle<number>(PROGRESS_EVERY_MS, (done) =>
      this.say({ id, phase: 'features', done, total }),
    );
    progress.offer(0);
    const heard = (done: number) => {
      if (token.isCancellationRequested) throw new Cancelled();
      progress.offer(done);
    };
    const embedding = await embed(dataset, network, engine, heard, chosen);
    progress.flush();
    const { name, step } = network;
    return { embedding, checkpointName: name, ...(step !== undefined && { step }) };
  }

  async #dropOldest(): Promise<void> {
    let numbers = 0;
    for (const [key, kept] of [...this.#kept].reverse()) {
      const size = await kept.then(({ embedding }) => embedding.features.data.length).catch(() => 0);
      if (numbers > 0 && numbers + size > KEPT_NUMBERS) this.#kept.delete(key);
      numbers += size;
    }
  }

  async #openNow(data: string): Promise<ImageDataset> {
    const dataset = await openDataset(data);
    this.#use(dataset);
    return dataset;
  }

  /** @throws Error with one sentence when the images are not in that state any more, and nothing is known of how they were */
  async #openAs(data: string, stamp?: string): Promise<ImageDataset> {
    const kept = this.#datasets.findLast((one) => one.path === resolve(data) && one.stamp === (stamp ?? one.stamp));
    const dataset = kept ?? (await openDataset(data));
    requireState(dataset, stamp ?? dataset.stamp);
    this.#use(dataset);
    return dataset;
  }

  #use(dataset: ImageDataset): void {
    this.#datasets = [...this.#datasets.filter((one) => one !== dataset), dataset].slice(-KEPT_DATASETS);
  }
}

/** Says all that features depend on. */
function keyOf({ data, stamp, checkpoint, numHeads, mostImages }: protocol.KnownReference): string {
  return JSON.stringify([data, stamp, identityOfNetwork(checkpoint), numHeads, mostImages]);
}

function requireState(dataset: ImageDataset, stamp: string): void {
  if (stamp !== dataset.stamp)
    throw new Error(`The images in ${dataset.path} have changed since they were laid out: start again.`);
}

/** Somebody did not want to wait. */
class Cancelled extends Error {
  constructor() {
    super('cancelled');
  }
}

/** Lets the messages in that have come. */
async function turn(token: CancellationToken): Promise<void> {
  await nextTurn();
  if (token.isCancellationRequested) throw new Cancelled();
}

function isUniform({ rows, dim, data }: Embedding['features']): boolean {
  for (let at = dim; at < rows * dim; at++) {
    if (Math.abs((data[at] as number) - (data[at % dim] as number)) > 1e-5) return false;
  }
  return true;
}

const tableOptions = ({ folder, said }: protocol.TableRequest): ImageTableOptions => ({
  ...tableSettings(said),
  ...(folder !== undefined && { folder }),
});
