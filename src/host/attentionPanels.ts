/** The attention panels that are open: one an image, and at most one that follows what becomes active. */
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { fileProblem } from '../files/fileProblem.js';
import { IMAGE_ENDINGS } from '../files/imageEndings.js';
import {
  type Answer,
  ask,
  askPatches,
  attentionStateSchema,
  chooseBeside,
  chooseFile,
  closeBeside,
  follow,
  followSchema,
  imageFileSchema,
  type PatchesAnswer,
  type PatchesQuestion,
  pageReady,
  patchesQuestionSchema,
  type Question,
  questionSchema,
  type Shown,
  save,
  subject,
} from '../protocol/attentionPanel.js';
import { WEIGHTS_ENDINGS } from '../weights/formats.js';
import type { ActiveImage } from './activeImage.js';
import { CheckpointOffer } from './checkpointOffer.js';
import type { CheckpointSourceParts } from './checkpointSources.js';
import { Disposable } from './disposable.js';
import { activeImage } from './imageFiles.js';
import type { Inspector } from './inspector.js';
import { showError } from './messages.js';
import { OpenPanels } from './openPanels.js';
import { pageAnswer, pagePatches } from './pageAnswer.js';
import type { Hints } from './tour/hints.js';
import { watchFile } from './watchFile.js';
import { type PanelPlace, WebviewPanel } from './webviewPanel.js';

export interface AttentionPanelParts extends CheckpointSourceParts {
  readonly extensionUri: vscode.Uri;
  readonly inspector: Inspector;
  readonly activeImage: ActiveImage;
  readonly hints: Hints;
  readonly output: vscode.LogOutputChannel;
}

export const shownFile = (file: string): Shown => ({
  image: { kind: 'file', path: file },
  name: path.basename(file),
});

/** What a panel is opened for. */
interface Opened {
  readonly shown: Shown;
  /** Whether it goes on to the image that becomes active. */
  readonly follows?: boolean;
  /** The second image. */
  readonly beside?: Shown | undefined;
}

export class AttentionPanels extends Disposable {
  readonly #panels: OpenPanels<Opened, AttentionPanel>;

  constructor(private readonly parts: AttentionPanelParts) {
    super();
    this.#panels = this._register(
      new OpenPanels({
        page: 'attention',
        keyOf: ({ shown }) => keyOf(shown),
        subjectOf: (panel) => panel,
        subjectIn: async (state) => this.#openedIn(state),
        open: (opened, place) => this.#opened(opened, place),
      }),
    );
    this._register(parts.activeImage.onDidChange(({ fsPath }) => this.follower?.goOnTo(shownFile(fsPath))));
  }

  show(shown: Shown): void {
    this.#panels.show({ shown });
  }

  /** Beside what is active, and from then on whatever image becomes active. */
  showToSide(shown: Shown): void {
    const { follower } = this;
    if (follower) {
      follower.goOnTo(shown);
      follower.reveal(true);
    } else this.#panels.open({ shown, follows: true }, { column: vscode.ViewColumn.Beside });
  }

  /** Beside what is active, without taking the focus. */
  showBeside(shown: Shown): void {
    const open = this.#panels.find({ shown });
    if (open) open.reveal(true);
    else this.#panels.open({ shown }, { column: vscode.ViewColumn.Beside });
  }

  /** Brings the panel that was opened last to the front. @returns whether there is one */
  revealNewest(): boolean {
    const { all } = this.#panels;
    const newest = all.findLast(({ isVisible }) => isVisible) ?? all.at(-1);
    newest?.reveal(true);
    return newest !== undefined;
  }

  get follower(): AttentionPanel | undefined {
    return this.#panels.all.find(({ follows }) => follows);
  }

  /** What the panels show, in the order that they were opened. */
  get shown(): readonly Shown[] {
    return this.#panels.all.map(({ shown }) => shown);
  }

  /** A panel that VS Code gives back after a reload, with what its page kept. */
  restore(panel: vscode.WebviewPanel, state: unknown): void {
    const opened = this.#openedIn(state);
    if (opened === undefined) panel.dispose();
    else this.#panels.restore(opened, panel);
  }

  #openedIn(state: unknown): Opened | undefined {
    const { shown, follows = false, beside } = attentionStateSchema.safeParse(state).data ?? {};
    return shown && { shown, follows: follows && this.follower === undefined, ...(beside !== undefined && { beside }) };
  }

  #opened({ shown, follows = false, beside }: Opened, place: PanelPlace): AttentionPanel {
    const panel = new AttentionPanel(shown, this.parts, follows, place, beside);
    panel.onDidFollow(() => {
      for (const other of this.#panels.all) if (other !== panel) other.stopFollowing();
      void activeImage().then((image) => image && panel.goOnTo(shownFile(image.fsPath)));
    });
    return panel;
  }
}

const keyOf = (shown: Shown): string => JSON.stringify([shown.image, shown.region]);

const lookedAt = ({ image, region }: Shown) => ({ image, ...(region !== undefined && { region }) });

/** Longest side in pixels of the image in the panel: what a large screen has room for, and small enough to be sent with each answer. */
const SHOWN_SIDE = 1024;

const titleOf = ({ name }: Shown): string => vscode.l10n.t('Attention: {0}', name);
class AttentionPanel extends WebviewPanel {
  readonly #offer: CheckpointOffer;
  #version = 0;
  #watcher: vscode.Disposable | undefined;
  readonly #followed = this._register(new vscode.EventEmitter<void>());
  readonly onDidFollow = this.#followed.event;

  constructor(
    public shown: Shown,
    private readonly parts: AttentionPanelParts,
    public follows: boolean,
    place: PanelPlace,
    public beside: Shown | undefined,
  ) {
    const { extensionUri, hints } = parts;
    super({ extensionUri, page: 'attention', title: titleOf(shown), hints, ...place });
    this.onSignal(pageReady, () => this.#tellSubject());
    this.onSignal(chooseFile, () => void this.#chooseFile());
    this.onSignal(chooseBeside, () => void this.#chooseBeside());
    this.onSignal(closeBeside, () => this.#putBeside(undefined));
    this.onRequest(ask, questionSchema, (question) => this.#answer(question));
    this.onRequest(askPatches, patchesQuestionSchema, (question) => this.#answerPatches(question));
    this.onMessage(follow, followSchema, (isWanted) => {
      this.follows = isWanted;
      if (isWanted) this.#followed.fire();
    });
    this.onMessage(save, imageFileSchema, ({ name, png }) => void this.#save(name, png));
    this.#offer = this._register(
      new CheckpointOffer(parts, { isVisible: () => this.isVisible, tell: () => this.#tellSubject() }),
    );
    this._register({ dispose: () => this.#watcher?.dispose() });
    this.#watch();
  }

  goOnTo(shown: Shown): void {
    if (keyOf(this.shown) === keyOf(shown)) return;
    this.shown = shown;
    this.panel.title = titleOf(shown);
    this.#watch();
    this.#tellSubject();
  }

  stopFollowing(): void {
    if (!this.follows) return;
    this.follows = false;
    this.#tellSubject();
  }

  /** An image may be drawn anew, deleted and put back while it is looked at. */
  #watch(): void {
    this.#watcher?.dispose();
    const { image } = this.shown;
    if (image.kind !== 'file') return;
    this.#watcher = watchFile(image.path, () => {
      this.#version++;
      this.#tellSubject();
    });
  }

  #tellSubject(): void {
    const { sources, chosen } = this.#offer.take();
    const { shown, follows, beside } = this;
    this.tell(subject, {
      shown,
      follows,
      ...(beside !== undefined && { beside }),
      version: this.#version,
      sources: [...sources],
      ...(chosen !== undefined && { chosen }),
    });
  }

  async #answer({ block, ...question }: Question): Promise<Answer> {
    const asked = this.parts.inspector.attention({
      ...this.#asked(question),
      ...lookedAt(this.shown),
      ...(block !== undefined && { block }),
    });
    return pageAnswer(await this.#heard(asked));
  }

  async #answerPatches({ isBeside, ...question }: PatchesQuestion): Promise<PatchesAnswer> {
    const images = [this.shown, ...(isBeside && this.beside !== undefined ? [this.beside] : [])];
    const asked = this.parts.inspector.patches({ ...this.#asked(question), images: images.map(lookedAt) });
    return pagePatches(await this.#heard(asked));
  }

  /** @throws Error for a checkpoint that was not offered */
  #asked({ checkpoint, resolution, numHeads }: Omit<Question, 'block'>) {
    this.#offer.require(checkpoint);
    return {
      checkpoint,
      ...(resolution !== 'trained' && { resolution: resolution ?? ('fine' as const) }),
      shownSide: SHOWN_SIDE,
      ...(numHeads !== undefined && { numHeads }),
    };
  }

  /** Of a run that rests nobody tells when a checkpoint is removed: then the page is told what is left. */
  #heard<T>(asked: Promise<T>): Promise<T> {
    asked.catch(() => this.#offer.tellIfOthers());
    return asked;
  }

  async #chooseBeside(): Promise<void> {
    const { image } = this.beside ?? this.shown;
    const [file] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Image to compare patches with'),
        ...(image.kind === 'file' && { defaultUri: vscode.Uri.file(path.dirname(image.path)) }),
        filters: { [vscode.l10n.t('Images')]: [...IMAGE_ENDINGS] },
        openLabel: vscode.l10n.t('Show Beside'),
      })) ?? [];
    if (file) this.#putBeside(shownFile(file.fsPath));
  }

  #putBeside(beside: Shown | undefined): void {
    this.beside = beside;
    this.#tellSubject();
  }

  async #chooseFile(): Promise<void> {
    const [file] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Checkpoint to look into'),
        filters: {
          [vscode.l10n.t('Checkpoints')]: [...WEIGHTS_ENDINGS],
          [vscode.l10n.t('All files')]: ['*'],
        },
        openLabel: vscode.l10n.t('Use for attention'),
      })) ?? [];
    if (file) await this.parts.choice.set(file.fsPath);
  }

  async #save(name: string, png: ArrayBuffer): Promise<void> {
    const { image } = this.shown;
    // A data set is not the place for what was made of it, and may be a single file.
    const workspace = image.kind === 'dataset' ? vscode.workspace.workspaceFolders?.[0]?.uri : undefined;
    const proposed = vscode.Uri.joinPath(workspace ?? vscode.Uri.file(path.dirname(image.path)), path.basename(name));
    const target = await vscode.window.showSaveDialog({ defaultUri: proposed, filters: { PNG: ['png'] } });
    if (target === undefined) return;
    try {
      await writeFile(target.fsPath, new Uint8Array(png));
    } catch (error) {
      void showError(vscode.l10n.t('The image could not be saved as {0}: {1}.', target.fsPath, fileProblem(error)));
    }
  }
}
