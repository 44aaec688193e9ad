/** The attention panels that are open: one an image, and at most one that follows what becomes active. */
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { fileProblem } from '../files/fileProblem.js';
import {
  type Answer,
  ask,
  attentionStateSchema,
  chooseFile,
  follow,
  followSchema,
  imageFileSchema,
  pageReady,
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
import { pageAnswer } from './pageAnswer.js';
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
    const { shown, follows = false } = attentionStateSchema.safeParse(state).data ?? {};
    return shown && { shown, follows: follows && this.follower === undefined };
  }

  #opened({ shown, follows = false }: Opened, place: PanelPlace): AttentionPanel {
    const panel = new AttentionPanel(shown, this.parts, follows, place);
    panel.onDidFollow(() => {
      for (const other of this.#panels.all) if (other !== panel) other.stopFollowing();
      void activeImage().then((image) => image && panel.goOnTo(shownFile(image.fsPath)));
    });
    return panel;
  }
}

const keyOf = (shown: Shown): string => JSON.stringify([shown.image, shown.region]);

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
  ) {
    const { extensionUri, hints } = parts;
    super({ extensionUri, page: 'attention', title: titleOf(shown), hints, ...place });
    this.onSignal(pageReady, () => this.#tellSubject());
    this.onSignal(chooseFile, () => void this.#chooseFile());
    this.onRequest(ask, questionSchema, (question) => this.#answer(question));
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
    const { shown, follows } = this;
    this.tell(subject, {
      shown,
      follows,
      version: this.#version,
      sources: [...sources],
      ...(chosen !== undefined && { chosen }),
    });
  }

  async #answer(question: Question): Promise<Answer> {
    const { checkpoint, resolution, numHeads, block } = question;
    this.#offer.require(checkpoint);
    const { image: reference, region } = this.shown;
    const asked = this.parts.inspector.attention({
      checkpoint,
      image: reference,
      ...(region !== undefined && { region }),
      ...(resolution !== 'trained' && { resolution: resolution ?? 'fine' }),
      shownSide: SHOWN_SIDE,
      ...(numHeads !== undefined && { numHeads }),
      ...(block !== undefined && { block }),
    });
    // Of a run that rests nobody tells when a checkpoint is removed: then the page is told what is left.
    asked.catch(() => this.#offer.tellIfOthers());
    return pageAnswer(await asked);
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
