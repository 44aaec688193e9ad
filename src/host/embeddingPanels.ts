/** The plots of embeddings that are open: one a folder of pictures, and one a run. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Shown as AttentionSubject } from '../protocol/attentionPanel.js';
import * as protocol from '../protocol/embeddingPanel.js';
import * as work from '../protocol/embeddingWork.js';
import type { AttentionChoice } from './attentionChoice.js';
import type { AttentionPanels } from './attentionPanels.js';
import { checkpointSources } from './checkpointSources.js';
import { Disposable } from './disposable.js';
import { exactBuffer } from './exactBuffer.js';
import type { Inspector } from './inspector.js';
import type { RunList } from './runList.js';
import type { RunsView } from './runsView.js';
import { VIEW_TYPES, WebviewPanel } from './webviewPanel.js';

export interface EmbeddingPanelParts {
  readonly extensionUri: vscode.Uri;
  /** A child of its own for this: features of many pictures take minutes. */
  readonly embedder: Inspector;
  readonly runs: RunList;
  readonly runsView: RunsView;
  readonly choice: AttentionChoice;
  readonly attention: AttentionPanels;
  readonly output: vscode.LogOutputChannel;
}

export class EmbeddingPanels extends Disposable {
  readonly #open = new Map<string, EmbeddingPanel>();

  constructor(private readonly parts: EmbeddingPanelParts) {
    super();
    this._register(
      vscode.window.registerWebviewPanelSerializer(VIEW_TYPES.embedding, {
        deserializeWebviewPanel: async (panel, state) => {
          const { data } = protocol.embeddingStateSchema.safeParse(state);
          await parts.runs.refresh();
          if (data && !this.#open.has(placeOf(data.shown))) this.#add(data.shown, panel);
          else panel.dispose();
        },
      }),
    );
    this._register({
      dispose: () => {
        for (const panel of [...this.#open.values()]) panel.dispose();
      },
    });
  }

  show(shown: protocol.Shown): void {
    const open = this.#open.get(placeOf(shown));
    if (open) open.reveal();
    else this.#add(shown);
  }

  /** The panel of a folder, or of a run's folder. */
  get(place: string): EmbeddingPanel | undefined {
    return this.#open.get(place);
  }

  #add(shown: protocol.Shown, restored?: vscode.WebviewPanel): void {
    const place = placeOf(shown);
    const name =
      shown.kind === 'folder'
        ? path.basename(place)
        : (this.parts.runs.get(place)?.summary.name ?? path.basename(place));
    const panel = new EmbeddingPanel(shown, name, this.parts, restored);
    this.#open.set(place, panel);
    panel.onDidClose(() => this.#open.delete(place));
  }
}

const placeOf = (shown: protocol.Shown): string => (shown.kind === 'folder' ? shown.path : shown.dir);

/** The same pictures by every checkpoint that was asked for. */
interface Plot {
  readonly choice: protocol.Choice;
  readonly data: string;
  readonly pictures: work.EmbedAnswer;
  /** By checkpoint, [pictures, 2]. */
  readonly layouts: Map<string, Float32Array>;
  table?: { readonly file: string; readonly nameColumn: string };
}

const SEED = 0;
let lastId = 0;

class EmbeddingPanel extends WebviewPanel {
  #plot: Plot | undefined;
  #begun: protocol.Choice | undefined;
  #working: { readonly id: number; readonly cancel: vscode.CancellationTokenSource } | undefined;
  #progress: protocol.Progress = { phase: 'idle' };
  /** By the person's wish; a hidden page holds the work too. */
  #isHeld = false;
  #offered = '';

  constructor(
    private readonly shown: protocol.Shown,
    private readonly name: string,
    private readonly parts: EmbeddingPanelParts,
    restored?: vscode.WebviewPanel,
  ) {
    super({
      extensionUri: parts.extensionUri,
      page: 'embedding',
      title: vscode.l10n.t('Embedding: {0}', name),
      restored,
    });
    const { embedder, runs, choice } = parts;
    this.onSignal(protocol.pageReady, () => this.#tellAll());
    this.onMessage(protocol.begin, protocol.choiceSchema, (chosen) => void this.begin(chosen));
    this.onMessage(protocol.visit, protocol.visitSchema, (checkpoints) => void this.visit(checkpoints));
    this.onMessage(protocol.hold, protocol.holdSchema, (isHeld) => {
      this.#isHeld = isHeld;
      this.#applyHold();
    });
    this.onSignal(protocol.cancel, () => this.#cancel());
    this.onRequest(protocol.askThumbnails, protocol.picturesQuestionSchema, (question) => this.#thumbnails(question));
    this.onRequest(protocol.askNearest, protocol.nearestQuestionSchema, (question) => this.#nearest(question));
    this.onRequest(protocol.askPrediction, protocol.predictQuestionSchema, (question) => this.#predict(question));
    this.onRequest(protocol.chooseTable, protocol.nothingSchema, () => this.#chooseTable());
    this.onRequest(protocol.askColumn, protocol.columnQuestionSchema, ({ column }) => this.#column(column));
    this.onMessage(protocol.open, protocol.openSchema, (what) => void this.#open(what));
    this.onRequest(protocol.exportPlot, protocol.exportSchema, (what) => this.#export(what));
    this.onMessage(protocol.point, protocol.pointSchema, (picture) => this.#point(picture));
    this._register(embedder.onEmbeddingProgress((value) => this.#hear(value)));
    this._register(this.panel.onDidChangeViewState(() => this.#applyHold()));
    this._register(choice.onDidChange(() => this.#tellSubject()));
    this._register(
      runs.onDidChange(() => {
        if (this.isVisible && JSON.stringify(this.#networks()) !== this.#offered) this.#tellSubject();
      }),
    );
    this._register({ dispose: () => this.#cancel() });
  }

  /** What the page was last given. */
  get layouts(): ReadonlyMap<string, Float32Array> {
    return this.#plot?.layouts ?? new Map();
  }

  get progress(): protocol.Progress {
    return this.#progress;
  }

  #tellAll(): void {
    this.#tellSubject();
    this.#tellPictures();
    for (const [checkpoint, points] of this.#plot?.layouts ?? [])
      this.tell(protocol.layout, { checkpoint, points: exactBuffer(points), isDone: true });
    this.tell(protocol.progress, this.#progress);
  }

  #tellSubject(): void {
    const networks = this.#networks();
    this.#offered = JSON.stringify(networks);
    const ofRun = this.shown.kind === 'run' ? this.shown.dir : undefined;
    const chosen = this.parts.choice.path;
    const proposed =
      networks.find(({ id }) => id === ofRun) ??
      networks.find(({ checkpoints }) => checkpoints.some(({ id }) => id === chosen)) ??
      networks[0];
    this.tell(protocol.subject, {
      shown: this.shown,
      title: this.name,
      networks,
      ...(this.#begun && { begun: this.#begun }),
      ...(proposed && { proposed: proposed.id }),
    });
  }

  #networks(): protocol.OfferedNetwork[] {
    return checkpointSources(this.parts).sources.map(({ id, label, isFile, checkpoints }) => ({
      id,
      label,
      isFile,
      checkpoints: checkpoints.map((checkpoint) => ({ id: checkpoint.id, label: stepText(checkpoint.step, label) })),
    }));
  }

  #tellPictures(): void {
    if (this.#plot === undefined) return;
    const { names, classes, labels, folder, found, unreadable, isUniform } = this.#plot.pictures;
    const notes: string[] = [];
    if (names.length + unreadable.count < found)
      notes.push(
        vscode.l10n.t(
          '{0} of {1} pictures, evenly spread: choose a larger number for more.',
          number(names.length),
          number(found),
        ),
      );
    if (unreadable.count > 0)
      notes.push(
        vscode.l10n.t(
          '{0} left out: {1}{2}',
          number(unreadable.count),
          unreadable.examples.join(' '),
          unreadable.count > unreadable.examples.length ? ' …' : '',
        ),
      );
    if (names.length === 1) notes.push(vscode.l10n.t('There is one picture, so there is nothing to compare it with.'));
    if (isUniform)
      notes.push(
        vscode.l10n.t(
          'All pictures have the same features: either they are the same picture, or this network tells nothing apart (it has collapsed).',
        ),
      );
    this.tell(protocol.pictures, {
      names: [...names],
      classes: [...classes],
      labels: exactBuffer(labels),
      areFiles: folder !== undefined,
      notes,
    });
  }

  async begin(choice: protocol.Choice): Promise<void> {
    const network = this.#networks().find(({ id }) => id === choice.network);
    const checkpoint = network?.checkpoints.at(-1);
    this.#cancel();
    this.#begun = choice;
    this.#plot = undefined;
    this.#isHeld = false;
    this.#tellSubject();
    if (checkpoint === undefined) {
      this.#say({ phase: 'failed', message: vscode.l10n.t('This network is not there any more: choose another one.') });
      return;
    }
    await this.visit([checkpoint.id]);
  }

  async visit(checkpoints: readonly string[]): Promise<void> {
    const choice = this.#begun;
    if (choice === undefined) return;
    this.#cancel();
    const known = new Set(this.#networks().flatMap((network) => network.checkpoints.map(({ id }) => id)));
    const working = { id: ++lastId, cancel: new vscode.CancellationTokenSource() };
    this.#working = working;
    try {
      for (const checkpoint of checkpoints) {
        if (!known.has(checkpoint))
          throw new Error(vscode.l10n.t('This checkpoint is not there any more: choose another one.'));
        await this.#layOut(choice, checkpoint, working.id, working.cancel.token);
        if (this.#working !== working) return;
      }
      this.#say({ phase: 'idle' });
    } catch (error) {
      if (this.#working !== working || working.cancel.token.isCancellationRequested) return;
      const message = error instanceof Error ? error.message : String(error);
      this.parts.output.warn(`embedding of ${this.name}: ${message}`);
      this.#say({ phase: 'failed', message });
    } finally {
      if (this.#working === working) this.#working = undefined;
      working.cancel.dispose();
    }
  }

  async #layOut(
    choice: protocol.Choice,
    checkpoint: string,
    id: number,
    token: vscode.CancellationToken,
  ): Promise<void> {
    if (this.#plot?.layouts.has(checkpoint)) return;
    const { embedder } = this.parts;
    const data = this.#data();
    this.#say({ phase: 'features', checkpoint, done: 0, total: 0, isHeld: false });
    const of = referenceOf(choice, data, checkpoint);
    const pictures = await embedder.ask((child) => child.sendRequest(work.embed, { id, of }, token));
    if (token.isCancellationRequested) return;
    if (this.#plot === undefined) {
      this.#plot = { choice, data, pictures, layouts: new Map() };
      this.#tellPictures();
    } else if (pictures.names.join('\n') !== this.#plot.pictures.names.join('\n')) {
      throw new Error(
        vscode.l10n.t('The pictures in {0} have changed since the plot was begun: start it again.', data),
      );
    }
    const plot = this.#plot;
    const from = [...plot.layouts.values()].at(-1);
    const request = { id, of, method: choice.method, seed: SEED, ...(from !== undefined && { from }) };
    const { layout } = await embedder.ask((child) => child.sendRequest(work.project, request, token));
    if (token.isCancellationRequested || this.#plot !== plot) return;
    plot.layouts.set(checkpoint, layout);
    this.tell(protocol.layout, { checkpoint, points: exactBuffer(layout), isDone: true });
  }

  /** @throws Error when the run has no data any more */
  #data(): string {
    if (this.shown.kind === 'folder') return this.shown.path;
    const data = this.parts.runs.get(this.shown.dir)?.summary.run?.record.dataset.path;
    if (data === undefined)
      throw new Error(vscode.l10n.t('The run is not there any more, so its pictures are not known.'));
    return data;
  }

  #hear(value: work.EmbeddingProgress): void {
    if (value.id !== this.#working?.id || this.#progress.phase === 'idle' || this.#progress.phase === 'failed') return;
    const { checkpoint } = this.#progress;
    const { phase, done, total } = value;
    this.#progress = { phase, checkpoint, done, total, isHeld: this.#isHeld };
    if (!this.isVisible) return;
    this.tell(protocol.progress, this.#progress);
    if (value.phase === 'projecting')
      this.tell(protocol.layout, { checkpoint, points: exactBuffer(value.layout), isDone: false });
  }

  #say(progress: protocol.Progress): void {
    this.#progress = progress;
    this.tell(protocol.progress, progress);
    if (progress.phase === 'features') this.#applyHold();
  }

  /** Nobody looks at points that move behind another tab. */
  #applyHold(): void {
    if (this.#working === undefined) return;
    const { id } = this.#working;
    const isHeld = this.#isHeld || !this.isVisible;
    void this.parts.embedder.tell((child) => child.sendNotification(work.holdProjection, { id, isHeld }));
    if (this.#progress.phase === 'idle' || this.#progress.phase === 'failed') return;
    this.#progress = { ...this.#progress, isHeld: this.#isHeld };
    this.tell(protocol.progress, this.#progress);
  }

  #cancel(): void {
    const working = this.#working;
    this.#working = undefined;
    working?.cancel.cancel();
    if (working !== undefined && !this.isDisposed) this.#say({ phase: 'idle' });
  }

  #begunPlot(): Plot {
    if (this.#plot === undefined) throw new Error(vscode.l10n.t('Nothing is shown yet: start the plot.'));
    return this.#plot;
  }

  #reference(checkpoint: string): work.EmbedRequest {
    const plot = this.#begunPlot();
    if (!plot.layouts.has(checkpoint))
      throw new Error(vscode.l10n.t('The features by this checkpoint are not there yet.'));
    return { id: ++lastId, of: referenceOf(plot.choice, plot.data, checkpoint) };
  }

  async #thumbnails({ pictures, side }: { pictures: number[]; side: number }) {
    const plot = this.#begunPlot();
    const images = Int32Array.from(pictures, (picture) => plot.pictures.images[picture] ?? 0);
    const { embedder } = this.parts;
    const answer = await embedder.ask((child) =>
      child.sendRequest(work.thumbnails, { data: plot.data, images, side }, never),
    );
    return { pixels: exactBuffer(answer.pixels), unreadable: [...answer.unreadable] };
  }

  async #nearest({ checkpoint, picture, k }: { checkpoint: string; picture: number; k: number }) {
    const { pictures } = this.#begunPlot();
    if (picture >= pictures.names.length) throw new Error(vscode.l10n.t('This picture is not in the plot any more.'));
    const { embedder } = this.parts;
    const answer = await embedder.ask((child) =>
      child.sendRequest(work.nearest, { ...this.#reference(checkpoint), picture, k }, never),
    );
    return { pictures: [...answer.pictures], similarities: [...answer.similarities] };
  }

  async #predict({ checkpoint, labels }: { checkpoint: string; labels: ArrayBuffer }) {
    const request = { ...this.#reference(checkpoint), labels: new Int32Array(labels) };
    const { predicted, k } = await this.parts.embedder.ask((child) => child.sendRequest(work.predict, request, never));
    return { labels: exactBuffer(predicted), k };
  }

  async #chooseTable() {
    const plot = this.#begunPlot();
    const [chosen] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Table with a line for each picture'),
        defaultUri: vscode.Uri.file(plot.data),
        filters: { [vscode.l10n.t('Tables')]: ['csv', 'tsv', 'txt'] },
        openLabel: vscode.l10n.t('Colour by its columns'),
      })) ?? [];
    return chosen === undefined ? null : this.openTable(chosen.fsPath);
  }

  async openTable(file: string) {
    const plot = this.#begunPlot();
    const { names } = plot.pictures;
    const { columns, nameColumn, lines, matched } = await this.parts.embedder.ask((child) =>
      child.sendRequest(work.openTable, { file, names }, never),
    );
    plot.table = { file, nameColumn };
    const base = path.basename(file);
    const note = tableNote(base, lines, matched, names.length, nameColumn);
    return { file: base, columns: [...columns], note };
  }

  async #column(column: string) {
    const { table, pictures } = this.#begunPlot();
    if (table === undefined) throw new Error(vscode.l10n.t('No table is open: choose a CSV file.'));
    const request = { ...table, column, names: pictures.names };
    const { values } = await this.parts.embedder.ask((child) => child.sendRequest(work.readColumn, request, never));
    return { values: [...values] };
  }

  async #open({ picture, how }: { picture: number; how: 'file' | 'attention' }): Promise<void> {
    const attention = this.#attentionOf(picture);
    if (attention === undefined) return;
    const { file, shown } = attention;
    if (file !== undefined && !existsSync(file))
      void vscode.window.showErrorMessage(
        vscode.l10n.t('{0} is no longer in {1}.', shown.name, this.#begunPlot().data),
      );
    else if (how === 'attention') this.parts.attention.showToSide(shown);
    else if (file !== undefined) {
      const options = { viewColumn: vscode.ViewColumn.Beside, preview: true };
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), options);
    }
  }

  #point(picture: number): void {
    const attention = this.#attentionOf(picture);
    if (attention !== undefined) this.parts.attention.follower?.goOnTo(attention.shown);
  }

  /** What an attention panel calls a picture of the plot; its file, if it is one. */
  #attentionOf(picture: number): { readonly shown: AttentionSubject; readonly file: string | undefined } | undefined {
    const plot = this.#plot;
    const name = plot?.pictures.names[picture];
    if (plot === undefined || name === undefined) return undefined;
    const { folder, images } = plot.pictures;
    const file = folder === undefined ? undefined : path.join(folder, name);
    const reference =
      file === undefined
        ? { kind: 'dataset' as const, path: plot.data, index: images[picture] ?? 0 }
        : { kind: 'file' as const, path: file };
    return { shown: { picture: reference, name: path.basename(name) }, file };
  }

  async #export(what: protocol.Export) {
    const plot = this.#begunPlot();
    const parent = vscode.Uri.file(path.dirname(plot.data));
    if (what.form === 'projector') {
      const [folder] =
        (await vscode.window.showOpenDialog({
          title: vscode.l10n.t('Folder for vectors.tsv, metadata.tsv and sprite.png'),
          canSelectFolders: true,
          canSelectFiles: false,
          defaultUri: parent,
          openLabel: vscode.l10n.t('Write Here'),
        })) ?? [];
      return folder === undefined ? {} : { written: await this.writeProjector(folder.fsPath, what) };
    }
    const name = `${path.basename(plot.data)}-embedding.${what.form}`;
    const target = await vscode.window.showSaveDialog({
      defaultUri: vscode.Uri.joinPath(parent, name),
      filters: { [what.form.toUpperCase()]: [what.form] },
    });
    if (target === undefined) return {};
    const contents = what.form === 'png' ? new Uint8Array(what.png) : Buffer.from(this.#csv(plot, what));
    await vscode.workspace.fs.writeFile(target, contents);
    return { written: target.fsPath };
  }

  async writeProjector(
    folder: string,
    { checkpoint, columns }: { checkpoint: string; columns: Record<string, string[]> },
  ) {
    const { names } = this.#begunPlot().pictures;
    const request = { ...this.#reference(checkpoint), folder, metadata: { name: names, ...columns } };
    await this.parts.embedder.ask((child) => child.sendRequest(work.writeProjector, request, never));
    return folder;
  }

  #csv({ pictures }: Plot, { points, columns }: { points: ArrayBuffer; columns: Record<string, string[]> }): string {
    const at = new Float32Array(points);
    const extra = Object.entries(columns);
    const rows = pictures.names.map((name, picture) =>
      [name, `${at[2 * picture]}`, `${at[2 * picture + 1]}`, ...extra.map(([, values]) => values[picture] ?? '')]
        .map(quoted)
        .join(','),
    );
    return `${['name', 'x', 'y', ...extra.map(([column]) => column)].map(quoted).join(',')}\n${rows.join('\n')}\n`;
  }
}

const referenceOf = (
  { mostPictures, numHeads }: protocol.Choice,
  data: string,
  checkpoint: string,
): work.EmbeddingReference => ({ data, checkpoint, mostPictures, ...(numHeads !== undefined && { numHeads }) });

const never = new vscode.CancellationTokenSource().token;

const stepText = (step: number | undefined, otherwise: string): string => {
  if (step === undefined) return otherwise;
  return step === 0 ? vscode.l10n.t('untrained') : vscode.l10n.t('step {0}', step);
};

/** How many pictures a table tells of. */
function tableNote(file: string, lines: number, matched: number, pictures: number, nameColumn: string): string {
  const [found, all, missing] = [number(matched), number(pictures), pictures - matched];
  const whole =
    lines === 1
      ? vscode.l10n.t('{0}: 1 line, {1} of {2} pictures are in it by “{3}”.', file, found, all, nameColumn)
      : vscode.l10n.t(
          '{0}: {1} lines, {2} of {3} pictures are in it by “{4}”.',
          file,
          number(lines),
          found,
          all,
          nameColumn,
        );
  if (missing === 0) return whole;
  const rest =
    missing === 1
      ? vscode.l10n.t('1 has no line and is gray.')
      : vscode.l10n.t('{0} have no line and are gray.', number(missing));
  return `${whole} ${rest}`;
}

const number = (value: number): string => value.toLocaleString('en');

const quoted = (field: string): string => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
