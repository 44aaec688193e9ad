/** A plot that was begun: its images, where each checkpoint puts them, and what the child can say about them. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Choice } from '../../protocol/embeddingPanel.js';
import * as work from '../../protocol/embeddingWork.js';
import { exactBuffer } from '../exactBuffer.js';
import type { Inspector } from '../inspector.js';

/** Pieces of work are told apart by number, over all panels: they share the child. */
let lastId = 0;
export const nextId = (): number => ++lastId;

export const referenceOf = (
  { mostImages, numHeads }: Choice,
  data: string,
  checkpoint: string,
): work.EmbeddingReference => ({ data, checkpoint, mostImages, ...(numHeads !== undefined && { numHeads }) });

const never = new vscode.CancellationTokenSource().token;

export class Plot {
  /** By checkpoint, in the order in which they were laid out; [images, 2]. */
  readonly layouts = new Map<string, Float32Array>();

  constructor(
    readonly choice: Choice,
    /** The folder of the images, or their file. */
    readonly data: string,
    readonly embedding: work.EmbedAnswer,
    private readonly embedder: Inspector,
  ) {}

  /** The file of each image; one that is none has its name alone. */
  pathsOf(places: readonly number[]): string[] {
    const { names, folder } = this.embedding;
    return places.flatMap((place) => {
      const name = names[place];
      return name === undefined ? [] : [folder === undefined ? name : path.join(folder, name)];
    });
  }

  /** @throws Error with one sentence, as all that follow */
  async thumbnails(places: readonly number[], side: number) {
    const indices = Int32Array.from(places, (place) => this.embedding.images[place] ?? 0);
    const { pixels, unreadable } = await this.embedder.ask((child) =>
      child.sendRequest(
        work.thumbnails,
        { data: this.data, stamp: this.embedding.stamp, images: indices, side },
        never,
      ),
    );
    return { pixels: exactBuffer(pixels), unreadable: [...unreadable] };
  }

  async nearest(checkpoint: string, image: number, k: number) {
    if (image >= this.embedding.names.length) throw new Error(vscode.l10n.t('This image is no longer in the plot.'));
    const request = { ...this.#reference(checkpoint), image, k };
    const { images, similarities } = await this.embedder.ask((child) =>
      child.sendRequest(work.nearest, request, never),
    );
    return { images: [...images], similarities: [...similarities] };
  }

  /** @param labels Int32Array: the class of each image, -1: none */
  async predict(checkpoint: string, labels: ArrayBuffer) {
    const request = { ...this.#reference(checkpoint), labels: new Int32Array(labels) };
    const { predicted, k } = await this.embedder.ask((child) => child.sendRequest(work.predict, request, never));
    return { labels: exactBuffer(predicted), k };
  }

  /** @param columns beside the names */
  async writeProjector(folder: string, checkpoint: string, columns: readonly work.ImageColumn[]) {
    const request = { ...this.#reference(checkpoint), folder, columns };
    await this.embedder.ask((child) => child.sendRequest(work.writeProjector, request, never));
  }

  openTable(file: string): Promise<work.TableAnswer> {
    return this.embedder.ask((child) => child.sendRequest(work.openTable, this.#tableRequest(file), never));
  }

  async readColumn(file: string, nameColumn: string, column: string): Promise<string[]> {
    const request = { ...this.#tableRequest(file), nameColumn, column };
    const { values } = await this.embedder.ask((child) => child.sendRequest(work.readColumn, request, never));
    return [...values];
  }

  #tableRequest(file: string): work.TableRequest {
    const { names, folder } = this.embedding;
    const setting = vscode.workspace.getConfiguration('dino', vscode.Uri.file(this.data)).get('tables', {});
    // VS Code's is a proxy, which cannot be sent.
    const said: unknown = JSON.parse(JSON.stringify(setting));
    return { file, names, said, ...(folder !== undefined && { folder }) };
  }

  #reference(checkpoint: string): work.KnownRequest {
    if (!this.layouts.has(checkpoint))
      throw new Error(vscode.l10n.t('The features of this checkpoint are not computed yet.'));
    return { id: nextId(), of: { ...referenceOf(this.choice, this.data, checkpoint), stamp: this.embedding.stamp } };
  }
}
