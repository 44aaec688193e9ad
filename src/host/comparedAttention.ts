/** Attention and embeddings of compared runs on the same images: which images, which checkpoints, and what they give. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { z } from 'zod';
import { IMAGE_ENDINGS } from '../files/imageEndings.js';
import type { Answer } from '../protocol/attentionPanel.js';
import {
  type ComparedImage,
  comparedImageSchema,
  type ImageChange,
  type LaidOut,
  type LayOut,
  type Look,
  MOST_IMAGES,
  type Scene,
} from '../protocol/comparedAttention.js';
import { embed, project } from '../protocol/embeddingWork.js';
import { type CheckpointInfo, listCheckpoints } from '../runs/checkpoint.js';
import { exactBuffer } from './exactBuffer.js';
import type { Inspector } from './inspector.js';
import { pageAnswer } from './pageAnswer.js';
import type { RunList } from './runList.js';

/** Of the data set, to begin with. */
const SAMPLED = 3;
const KEY = 'compare.pictures';
/** As workspaces have them since the first version. */
const storedSchema = z.array(z.object({ picture: comparedImageSchema.shape.image, name: z.string() }));

export class ComparedAttention {
  #note: string | undefined;
  /** How often the data set has been sampled: each time other images. */
  #samples = 0;

  constructor(
    private readonly dirs: readonly string[],
    private readonly runs: RunList,
    private readonly inspector: Inspector,
    private readonly embedder: Inspector,
    /** The images are remembered for the workspace, so that the next comparison shows the same. */
    private readonly memory: vscode.Memento,
  ) {}

  get scene(): Scene {
    const steps = Object.fromEntries(this.dirs.map((dir) => [dir, checkpointsOf(dir).map(({ step }) => step)]));
    return { images: this.#images, steps, ...(this.#note !== undefined && { note: this.#note }) };
  }

  get #images(): ComparedImage[] {
    const { data = [] } = storedSchema.safeParse(this.memory.get(KEY));
    return data.slice(0, MOST_IMAGES).map(({ picture, name }) => ({ image: picture, name }));
  }

  async change(change: ImageChange): Promise<void> {
    this.#note = undefined;
    if (change.kind === 'remove') return this.#keep(this.#images.filter(({ image }) => !isSame(image, change.image)));
    const more = change.kind === 'sample' ? this.#sample() : await this.#choose();
    if (more === undefined) return;
    const isNew = ({ image }: ComparedImage) => !this.#images.some((one) => isSame(one.image, image));
    const all = change.kind === 'sample' ? more : [...this.#images, ...more.filter(isNew)];
    if (all.length > MOST_IMAGES)
      this.#note = vscode.l10n.t(
        '{0} images do not fit side by side: the first {1} are shown.',
        all.length,
        MOST_IMAGES,
      );
    await this.#keep(all.slice(0, MOST_IMAGES));
  }

  #keep(images: readonly ComparedImage[]): Promise<void> {
    const stored: z.output<typeof storedSchema> = images.map(({ image, name }) => ({ picture: image, name }));
    return Promise.resolve(this.memory.update(KEY, stored));
  }

  /** Some of the first run's data set, spread evenly over it. */
  #sample(): ComparedImage[] | undefined {
    const dataset = this.dirs.flatMap((dir) => this.runs.get(dir)?.summary.run?.record.dataset ?? [])[0];
    if (dataset === undefined) return undefined;
    const { path: data, images } = dataset;
    const count = Math.min(SAMPLED, images);
    const offset = this.#samples++;
    const places = Array.from({ length: count }, (_, i) => (Math.floor((i * images) / count) + offset) % images);
    return [...new Set(places)].map((index) => ({
      image: { kind: 'dataset', path: data, index },
      name: `${path.basename(data)} #${index + 1}`,
    }));
  }

  async #choose(): Promise<ComparedImage[] | undefined> {
    const chosen = await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Images to compare attention on'),
      filters: { [vscode.l10n.t('Images')]: [...IMAGE_ENDINGS] },
      openLabel: vscode.l10n.t('Compare on these'),
      canSelectMany: true,
    });
    return chosen?.map(({ fsPath }) => ({ image: { kind: 'file', path: fsPath }, name: path.basename(fsPath) }));
  }

  /** @throws Error with one sentence, when the checkpoint or the image is not there any more */
  async look({ dir, step, image }: Look): Promise<Answer> {
    if (!this.#images.some((one) => isSame(one.image, image)))
      throw new Error(vscode.l10n.t('This image is no longer shown.'));
    return pageAnswer(await this.inspector.attention({ checkpoint: this.#checkpoint(dir, step), image }));
  }

  /** The same images by any of the runs: those of the first run. @throws Error with one sentence */
  async layOut({ dir, step }: LayOut): Promise<LaidOut> {
    const data = this.dirs.flatMap((one) => this.runs.get(one)?.summary.run?.record.dataset.path ?? [])[0];
    if (data === undefined) throw new Error(vscode.l10n.t('No run names the images that it trains on.'));
    const id = --lastId;
    const of = { data, checkpoint: this.#checkpoint(dir, step), mostImages: MOST_EMBEDDED };
    const { stamp, names, labels, classes, isUniform } = await this.embedder.ask((child) =>
      child.sendRequest(embed, { id, of }),
    );
    // A few images have too few neighbors for t-SNE.
    const method =
      names.length < 12
        ? ({ kind: 'pca' } as const)
        : ({ kind: 'tsne', perplexity: Math.min(30, Math.floor(names.length / 4)), iterations: 500 } as const);
    const { layout } = await this.embedder.ask((child) =>
      child.sendRequest(project, { id, of: { ...of, stamp }, method, seed: SEED }),
    );
    return { points: exactBuffer(layout), labels: exactBuffer(labels), classes: [...classes], isUniform };
  }

  #checkpoint(dir: string, step: number): string {
    const checkpoint = this.dirs.includes(dir) ? checkpointsOf(dir).find((one) => one.step === step) : undefined;
    if (checkpoint === undefined) throw new Error(vscode.l10n.t('The checkpoint of step {0} no longer exists.', step));
    return checkpoint.path;
  }
}

const MOST_EMBEDDED = 500;
const SEED = 0;
/** The plots of embeddings count upwards. */
let lastId = 0;

const isSame = (a: ComparedImage['image'], b: ComparedImage['image']): boolean =>
  a.path === b.path && a.kind === b.kind && (a.kind === 'file' || b.kind === 'file' || a.index === b.index);

function checkpointsOf(dir: string): CheckpointInfo[] {
  try {
    return listCheckpoints(dir);
  } catch {
    return []; // The tree of checkpoints says what is wrong with the folder.
  }
}
