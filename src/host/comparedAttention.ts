/** Attention and embeddings of compared runs on the same pictures: which pictures, which checkpoints, and what they give. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { z } from 'zod';
import { IMAGE_ENDINGS } from '../files/imageEndings.js';
import type { Answer } from '../protocol/attentionPanel.js';
import {
  type ComparedPicture,
  comparedPictureSchema,
  type LaidOut,
  type LayOut,
  type Look,
  MOST_PICTURES,
  type PictureChange,
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

export class ComparedAttention {
  #note: string | undefined;
  /** How often the data set has been sampled: each time other pictures. */
  #samples = 0;

  constructor(
    private readonly dirs: readonly string[],
    private readonly runs: RunList,
    private readonly inspector: Inspector,
    private readonly embedder: Inspector,
    /** The pictures are remembered for the workspace, so that the next comparison shows the same. */
    private readonly memory: vscode.Memento,
  ) {}

  get scene(): Scene {
    const steps = Object.fromEntries(this.dirs.map((dir) => [dir, checkpointsOf(dir).map(({ step }) => step)]));
    return { pictures: this.#pictures, steps, ...(this.#note !== undefined && { note: this.#note }) };
  }

  get #pictures(): ComparedPicture[] {
    const { data = [] } = z.array(comparedPictureSchema).safeParse(this.memory.get(KEY));
    return data.slice(0, MOST_PICTURES);
  }

  async change(change: PictureChange): Promise<void> {
    this.#note = undefined;
    if (change.kind === 'remove')
      return this.#keep(this.#pictures.filter(({ picture }) => !isSame(picture, change.picture)));
    const more = change.kind === 'sample' ? this.#sample() : await this.#choose();
    if (more === undefined) return;
    const isNew = ({ picture }: ComparedPicture) => !this.#pictures.some((one) => isSame(one.picture, picture));
    const all = change.kind === 'sample' ? more : [...this.#pictures, ...more.filter(isNew)];
    if (all.length > MOST_PICTURES)
      this.#note = vscode.l10n.t(
        '{0} pictures are more than can be seen side by side: the first {1} are shown.',
        all.length,
        MOST_PICTURES,
      );
    await this.#keep(all.slice(0, MOST_PICTURES));
  }

  #keep(pictures: readonly ComparedPicture[]): Promise<void> {
    return Promise.resolve(this.memory.update(KEY, pictures));
  }

  /** Some of the first run's data set, spread evenly over it. */
  #sample(): ComparedPicture[] | undefined {
    const dataset = this.dirs.flatMap((dir) => this.runs.get(dir)?.summary.run?.record.dataset ?? [])[0];
    if (dataset === undefined) return undefined;
    const { path: data, images } = dataset;
    const count = Math.min(SAMPLED, images);
    const offset = this.#samples++;
    const places = Array.from({ length: count }, (_, i) => (Math.floor((i * images) / count) + offset) % images);
    return [...new Set(places)].map((index) => ({
      picture: { kind: 'dataset', path: data, index },
      name: `${path.basename(data)} #${index + 1}`,
    }));
  }

  async #choose(): Promise<ComparedPicture[] | undefined> {
    const chosen = await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Pictures to compare attention on'),
      filters: { [vscode.l10n.t('Pictures')]: [...IMAGE_ENDINGS] },
      openLabel: vscode.l10n.t('Compare on these'),
      canSelectMany: true,
    });
    return chosen?.map(({ fsPath }) => ({ picture: { kind: 'file', path: fsPath }, name: path.basename(fsPath) }));
  }

  /** @throws Error with one sentence, when the checkpoint or the picture is not there any more */
  async look({ dir, step, picture }: Look): Promise<Answer> {
    if (!this.#pictures.some((one) => isSame(one.picture, picture)))
      throw new Error(vscode.l10n.t('This picture is not shown any more.'));
    return pageAnswer(await this.inspector.attention({ checkpoint: this.#checkpoint(dir, step), picture }));
  }

  /** The same pictures by any of the runs: those of the first run. @throws Error with one sentence */
  async layOut({ dir, step }: LayOut): Promise<LaidOut> {
    const data = this.dirs.flatMap((one) => this.runs.get(one)?.summary.run?.record.dataset.path ?? [])[0];
    if (data === undefined) throw new Error(vscode.l10n.t('No run tells which pictures it learns from.'));
    const id = --lastId;
    const of = { data, checkpoint: this.#checkpoint(dir, step), mostPictures: MOST_EMBEDDED };
    const { stamp, names, labels, classes, isUniform } = await this.embedder.ask((child) =>
      child.sendRequest(embed, { id, of }),
    );
    // A few pictures have too few neighbours for t-SNE.
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
    if (checkpoint === undefined)
      throw new Error(vscode.l10n.t('The checkpoint of step {0} is not there any more.', step));
    return checkpoint.path;
  }
}

const MOST_EMBEDDED = 500;
const SEED = 0;
/** The plots of embeddings count upwards. */
let lastId = 0;

const isSame = (a: ComparedPicture['picture'], b: ComparedPicture['picture']): boolean =>
  a.path === b.path && a.kind === b.kind && (a.kind === 'file' || b.kind === 'file' || a.index === b.index);

function checkpointsOf(dir: string): CheckpointInfo[] {
  try {
    return listCheckpoints(dir);
  } catch {
    return []; // The tree of checkpoints says what is wrong with the folder.
  }
}
