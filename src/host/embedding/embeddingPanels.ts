/** The plots of embeddings that are open: one a folder of images, and one a run. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import * as protocol from '../../protocol/embeddingPanel.js';
import { Disposable } from '../disposable.js';
import { VIEW_TYPES } from '../webviewPanel.js';
import { EmbeddingPanel, type EmbeddingPanelParts } from './embeddingPanel.js';

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
