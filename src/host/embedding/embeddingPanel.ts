/** A panel with a plot: what its page asks for, and what it is told. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Shown as AttentionSubject, Source } from '../../protocol/attentionPanel.js';
import * as protocol from '../../protocol/embeddingPanel.js';
import type { ImageColumn } from '../../protocol/embeddingWork.js';
import { thumbnailsQuestionSchema } from '../../protocol/thumbnails.js';
import type { AttentionPanels } from '../attentionPanels.js';
import { CheckpointOffer } from '../checkpointOffer.js';
import type { CheckpointSourceParts } from '../checkpointSources.js';
import { exactBuffer } from '../exactBuffer.js';
import type { Inspector } from '../inspector.js';
import { showError } from '../messages.js';
import type { SimilarPanels } from '../search/similarPanels.js';
import { type PanelPlace, WebviewPanel } from '../webviewPanel.js';
import { exportPlot } from './exportPlot.js';
import { imageNotes } from './imageNotes.js';
import { ImageTable, type OpenTable } from './imageTable.js';
import { LayingOut } from './layingOut.js';
import type { Plot } from './plot.js';

export interface EmbeddingPanelParts extends CheckpointSourceParts {
  readonly extensionUri: vscode.Uri;
  /** A child of its own for this: features of many images take minutes. */
  readonly embedder: Inspector;
  readonly attention: AttentionPanels;
  readonly similar: SimilarPanels;
  /** Which table each plot is colored by. */
  readonly memory: vscode.Memento;
  readonly output: vscode.LogOutputChannel;
}

/** A sentence in the status bar is read by then. */
const STATUS_MS = 4000;

export class EmbeddingPanel extends WebviewPanel {
  readonly #work: LayingOut;
  readonly #table: ImageTable;
  readonly #offer: CheckpointOffer;

  constructor(
    readonly shown: protocol.Shown,
    private readonly name: string,
    private readonly parts: EmbeddingPanelParts,
    place: PanelPlace,
  ) {
    super({
      extensionUri: parts.extensionUri,
      page: 'embedding',
      title: vscode.l10n.t('Embedding: {0}', name),
      ...place,
    });
    const { embedder, output, memory } = parts;
    this.#table = new ImageTable(memory, shown.kind === 'folder' ? shown.path : shown.dir);
    this.#work = this._register(
      new LayingOut({
        embedder,
        isOffered: (id) => this.#offer.has(id),
        data: () => this.#data(),
        isVisible: () => this.isVisible,
        onPlot: () => this.#tellImages(),
        onLayout: (checkpoint, layout, isDone) =>
          this.tell(protocol.layout, { checkpoint, points: exactBuffer(layout), isDone }),
        onProgress: (progress) => this.tell(protocol.progress, progress),
        onFailure: (message) => output.warn(`embedding of ${name}: ${message}`),
      }),
    );
    this.onSignal(protocol.pageReady, () => this.#tellAll());
    this.onMessage(protocol.begin, protocol.beginningSchema, ({ choice, visited }) => void this.begin(choice, visited));
    this.onMessage(protocol.visit, protocol.visitSchema, (checkpoints) => void this.visit(checkpoints));
    this.onMessage(protocol.hold, protocol.holdSchema, (isHeld) => this.#work.hold(isHeld));
    this.onSignal(protocol.cancel, () => this.#work.cancel());
    this.onRequest(protocol.askThumbnails, thumbnailsQuestionSchema, async ({ images, side }) =>
      this.#plot().thumbnails(images, side),
    );
    this.onRequest(protocol.askNearest, protocol.nearestQuestionSchema, async ({ checkpoint, image, k }) =>
      this.#plot().nearest(checkpoint, image, k),
    );
    this.onRequest(protocol.askPrediction, protocol.predictQuestionSchema, async ({ checkpoint, labels }) =>
      this.#plot().predict(checkpoint, labels),
    );
    this.onRequest(protocol.chooseTable, protocol.nothingSchema, async () => this.#table.choose(this.#plot()));
    this.onRequest(protocol.askColumn, protocol.columnQuestionSchema, async ({ column }) => ({
      values: await this.#table.values(this.#plot(), column),
    }));
    this.onMessage(protocol.open, protocol.openSchema, (what) => void this.#open(what));
    this.onMessage(protocol.copyPaths, protocol.copyPathsSchema, (images) => void this.#copyPaths(images));
    this.onSignal(protocol.train, () => void vscode.commands.executeCommand('dino.startTraining'));
    this.onRequest(protocol.exportPlot, protocol.exportSchema, async (what) => {
      const written = await exportPlot(this.#plot(), what);
      return written === undefined ? {} : { written };
    });
    this.onMessage(protocol.point, protocol.pointSchema, (image) => this.#point(image));
    this._register(this.panel.onDidChangeViewState(() => this.#work.applyHold()));
    this.#offer = this._register(
      new CheckpointOffer(parts, { isVisible: () => this.isVisible, tell: () => this.#tellSubject() }),
    );
  }

  /** What the page was last given. */
  get layouts(): ReadonlyMap<string, Float32Array> {
    return this.#work.plot?.layouts ?? new Map();
  }

  get progress(): protocol.Progress {
    return this.#work.progress;
  }

  /** Begins a plot by the newest checkpoint of a network, or by those `visited` before, in the place of the one there is. */
  async begin(choice: protocol.Choice, visited: readonly string[] = []): Promise<void> {
    this.#work.begin(choice);
    this.#tellSubject();
    const network = this.#offer.sources.find(({ id }) => id === choice.network);
    const known = visited.filter((id) => network?.checkpoints.some((checkpoint) => checkpoint.id === id));
    const newest = network?.checkpoints.at(-1);
    if (newest === undefined) this.#work.fail(vscode.l10n.t('This network no longer exists: choose another one.'));
    else await this.visit(known.length > 0 ? known : [newest.id]);
  }

  visit(checkpoints: readonly string[]): Promise<void> {
    return this.#work.visit(checkpoints);
  }

  /** As if the person had chosen it. @throws Error with one sentence */
  openTable(file: string): Promise<OpenTable> {
    return this.#table.open(this.#plot(), file);
  }

  /** As if the person had chosen the folder. @throws Error with one sentence */
  writeProjector(folder: string, checkpoint: string, columns: readonly ImageColumn[]): Promise<void> {
    return this.#plot().writeProjector(folder, checkpoint, columns);
  }

  #tellAll(): void {
    this.#tellSubject();
    this.#tellImages();
    for (const [checkpoint, points] of this.layouts)
      this.tell(protocol.layout, { checkpoint, points: exactBuffer(points), isDone: true });
    this.tell(protocol.progress, this.progress);
  }

  #tellSubject(): void {
    const { sources, chosen } = this.#offer.take();
    const networks = sources.map(offered);
    const { begun } = this.#work;
    const ofRun = this.shown.kind === 'run' ? this.shown.dir : undefined;
    // What was chosen once may have been deleted since.
    const there = networks.filter(({ checkpoints }) => checkpoints.some(({ id }) => existsSync(id)));
    const proposed =
      networks.find(({ id }) => id === ofRun) ??
      there.find(({ checkpoints }) => checkpoints.some(({ id }) => id === chosen)) ??
      there[0] ??
      networks[0];
    this.tell(protocol.subject, {
      shown: this.shown,
      title: this.name,
      networks,
      ...(begun && { begun }),
      ...(proposed && { proposed: proposed.id }),
    });
  }

  #tellImages(): void {
    const { plot } = this.#work;
    if (plot === undefined) return;
    const { names, classes, labels, folder } = plot.embedding;
    this.tell(protocol.images, {
      names: [...names],
      classes: [...classes],
      labels: exactBuffer(labels),
      areFiles: folder !== undefined,
      notes: imageNotes(plot.embedding),
    });
  }

  /** @throws Error when the run has no data any more */
  #data(): string {
    if (this.shown.kind === 'folder') return this.shown.path;
    const data = this.parts.runs.get(this.shown.dir)?.summary.run?.record.dataset.path;
    if (data === undefined) throw new Error(vscode.l10n.t('The run no longer exists, so its images are not known.'));
    return data;
  }

  /** @throws Error with one sentence while there is none */
  #plot(): Plot {
    const { plot } = this.#work;
    if (plot === undefined) throw new Error(vscode.l10n.t('Nothing is shown yet: start the plot.'));
    return plot;
  }

  async #open({ image, how }: { image: number; how: 'file' | 'attention' | 'similar' }): Promise<void> {
    const attention = this.#attentionOf(image);
    if (attention === undefined) return;
    const { file, shown } = attention;
    if (file !== undefined && !existsSync(file))
      void showError(vscode.l10n.t('{0} is no longer in {1}.', shown.name, this.#plot().data));
    else if (how === 'attention') this.parts.attention.showToSide(shown);
    else if (how === 'similar')
      this.parts.similar.show({ query: shown, folder: this.#plot().data, checkpoint: this.#newest() });
    else if (file !== undefined) {
      const options = { viewColumn: vscode.ViewColumn.Beside, preview: true };
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), options);
    }
  }

  async #copyPaths(images: readonly number[]): Promise<void> {
    const paths = this.#work.plot?.pathsOf(images) ?? [];
    await vscode.env.clipboard.writeText(paths.join('\n'));
    const count = paths.length.toLocaleString('en');
    const told = paths.length === 1 ? vscode.l10n.t('1 path copied.') : vscode.l10n.t('{0} paths copied.', count);
    vscode.window.setStatusBarMessage(told, STATUS_MS);
  }

  /** Of the network that the plot is by. */
  #newest(): string | undefined {
    const network = this.#offer.sources.find(({ id }) => id === this.#work.begun?.network);
    return network?.checkpoints.at(-1)?.id;
  }

  #point(image: number): void {
    const attention = this.#attentionOf(image);
    if (attention !== undefined) this.parts.attention.follower?.goOnTo(attention.shown);
  }

  /** What an attention panel calls an image of the plot; its file, if it is one. */
  #attentionOf(image: number): { readonly shown: AttentionSubject; readonly file: string | undefined } | undefined {
    const { plot } = this.#work;
    const name = plot?.embedding.names[image];
    if (plot === undefined || name === undefined) return undefined;
    const { folder, images } = plot.embedding;
    const file = folder === undefined ? undefined : path.join(folder, name);
    const reference =
      file === undefined
        ? { kind: 'dataset' as const, path: plot.data, index: images[image] ?? 0 }
        : { kind: 'file' as const, path: file };
    return { shown: { image: reference, name: path.basename(name) }, file };
  }
}

const offered = ({ id, label, isFile, checkpoints }: Source): protocol.OfferedNetwork => ({
  id,
  label,
  isFile,
  checkpoints: checkpoints.map((checkpoint) => ({ id: checkpoint.id, label: stepText(checkpoint.step, label) })),
});

const stepText = (step: number | undefined, otherwise: string): string => {
  if (step === undefined) return otherwise;
  return step === 0 ? vscode.l10n.t('untrained') : vscode.l10n.t('step {0}', step);
};
