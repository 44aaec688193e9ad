/** The attention panels that are open, one a picture. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import {
  ask,
  attentionStateSchema,
  chooseFile,
  imageFileSchema,
  type Maps,
  type OfferedCheckpoint,
  pageReady,
  type Question,
  questionSchema,
  save,
  subject,
} from '../protocol/attentionPanel.js';
import { listCheckpoints } from '../runs/checkpoint.js';
import type { AttentionChoice } from './attentionChoice.js';
import { Disposable } from './disposable.js';
import { exactBuffer } from './exactBuffer.js';
import type { Inspector } from './inspector.js';
import type { RunList } from './runList.js';
import type { RunsView } from './runsView.js';
import { VIEW_TYPES, WebviewPanel } from './webviewPanel.js';

export interface AttentionPanelParts {
  readonly extensionUri: vscode.Uri;
  readonly inspector: Inspector;
  readonly runs: RunList;
  readonly runsView: RunsView;
  readonly choice: AttentionChoice;
  readonly output: vscode.LogOutputChannel;
}

export class AttentionPanels extends Disposable {
  readonly #open = new Map<string, AttentionPanel>();

  constructor(private readonly parts: AttentionPanelParts) {
    super();
    this._register(
      vscode.window.registerWebviewPanelSerializer(VIEW_TYPES.attention, {
        deserializeWebviewPanel: async (panel, state) => this.restore(panel, state),
      }),
    );
    this._register({
      dispose: () => {
        for (const panel of [...this.#open.values()]) panel.dispose();
      },
    });
  }

  show(image: string): void {
    const open = this.#open.get(image);
    if (open) open.reveal();
    else this.#add(image);
  }

  /** VS Code restores a tab when it is first looked at: by then the picture may have a panel already, and keeps that one. */
  restore(panel: vscode.WebviewPanel, state: unknown): void {
    const { data } = attentionStateSchema.safeParse(state);
    if (data && !this.#open.has(data.image)) {
      this.#add(data.image, panel);
      return;
    }
    panel.dispose();
    if (data) this.show(data.image);
  }

  #add(image: string, restored?: vscode.WebviewPanel): void {
    const panel = new AttentionPanel(image, this.parts, restored);
    this.#open.set(image, panel);
    panel.onDidClose(() => this.#open.delete(image));
  }
}

class AttentionPanel extends WebviewPanel {
  /** What the page may ask for: path by id. */
  #offered = new Map<string, string>();

  constructor(
    private readonly image: string,
    private readonly parts: AttentionPanelParts,
    restored?: vscode.WebviewPanel,
  ) {
    const { extensionUri, choice, runs } = parts;
    super({ extensionUri, page: 'attention', title: `Attention: ${path.basename(image)}`, restored });
    this.onSignal(pageReady, () => this.#tellSubject());
    this.onSignal(chooseFile, () => void this.#chooseFile());
    this.onRequest(ask, questionSchema, (question) => this.#answer(question));
    this.onMessage(save, imageFileSchema, ({ name, png }) => void this.#save(name, png));
    this._register(choice.onDidChange(() => this.#tellSubject()));
    this._register(
      runs.onDidChange(() => {
        // Checkpoints come and go while a run goes on; told only when they did.
        if (this.isVisible && this.#offer().some(({ id }) => !this.#offered.has(id))) this.#tellSubject();
      }),
    );
  }

  /** The selected run's checkpoints, the latest of every other run, and the file that was chosen. */
  #offer(): OfferedCheckpoint[] {
    const { runs, runsView, choice } = this.parts;
    const selected = runsView.selected;
    const runsInOrder = selected ? [selected, ...runs.runs.filter((run) => run !== selected)] : runs.runs;
    const offered = runsInOrder.flatMap((run) =>
      checkpointsOf(run.dir)
        .filter(({ latest }) => latest || run === selected)
        .map(({ path: id, step, latest }) => ({
          id,
          label: `${run.summary.name}, ${step === 0 ? 'untrained' : `step ${step}`}${latest ? ' (latest)' : ''}`,
          isFile: false,
        })),
    );
    const chosen = choice.path;
    if (chosen !== undefined && !offered.some(({ id }) => id === chosen))
      offered.unshift({ id: chosen, label: chosenLabel(chosen), isFile: isFile(chosen) });
    return offered;
  }

  #tellSubject(): void {
    const checkpoints = this.#offer();
    this.#offered = new Map(checkpoints.map(({ id }) => [id, id]));
    const wanted = this.parts.choice.path;
    const chosen = checkpoints.find(({ id }) => id === wanted) ?? checkpoints[0];
    this.tell(subject, { image: this.image, checkpoints, ...(chosen && { chosen: chosen.id }) });
  }

  async #answer({ checkpoint, resolution, numHeads }: Question): Promise<Maps> {
    const known = this.#offered.get(checkpoint);
    if (known === undefined) throw new Error('This checkpoint is not there any more: choose another one.');
    const answer = await this.parts.inspector.attention({
      checkpoint: known,
      image: this.image,
      ...(resolution !== undefined && { resolution }),
      ...(numHeads !== undefined && { numHeads }),
    });
    const { heads, rows, columns, attention, picture, width, height, checkpointName } = answer;
    return {
      heads,
      rows,
      columns,
      attention: exactBuffer(attention),
      picture: exactBuffer(picture),
      width,
      height,
      checkpointName,
    };
  }

  async #chooseFile(): Promise<void> {
    const [file] =
      (await vscode.window.showOpenDialog({
        title: 'Checkpoint to look into',
        filters: { Checkpoints: ['pth', 'pt', 'safetensors'] },
        openLabel: 'Use for attention',
      })) ?? [];
    if (file) await this.parts.choice.set(file.fsPath);
  }

  async #save(name: string, png: ArrayBuffer): Promise<void> {
    const proposed = vscode.Uri.joinPath(vscode.Uri.file(path.dirname(this.image)), path.basename(name));
    const target = await vscode.window.showSaveDialog({ defaultUri: proposed, filters: { PNG: ['png'] } });
    if (target === undefined) return;
    try {
      await vscode.workspace.fs.writeFile(target, new Uint8Array(png));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      void vscode.window.showErrorMessage(`The picture could not be saved as ${target.fsPath}: ${reason}`);
    }
  }
}

function checkpointsOf(dir: string) {
  try {
    return listCheckpoints(dir).reverse();
  } catch {
    return []; // The tree of checkpoints says what is wrong with the folder.
  }
}

const isFile = (checkpoint: string): boolean => path.extname(checkpoint) !== '';

/** A file by its name, a checkpoint's folder with its run's. */
const chosenLabel = (chosen: string): string =>
  isFile(chosen)
    ? path.basename(chosen)
    : `${path.basename(path.resolve(chosen, '../..'))}, step ${Number(path.basename(chosen))}`;
