/** The panels of one page that are open: at most one for each subject. VS Code restores them after a reload. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import { type PanelPlace, viewType, type WebviewPanel } from './webviewPanel.js';

/** What is different from page to page. @typeParam Subject what a panel shows, such as an image or a run */
export interface PanelKind<Subject, Panel> {
  /** Name of the page: webview/<page>/main.ts. */
  readonly page: string;
  /** Subjects of one key share a panel. */
  keyOf(subject: Subject): string;
  /** The subject of a panel, as it is now. */
  subjectOf(panel: Panel): Subject;
  /** The subject in what a page kept over a reload; undefined: there is nothing to show any more. */
  subjectIn(state: unknown): Promise<Subject | undefined>;
  open(subject: Subject, place: PanelPlace): Panel;
}

export class OpenPanels<Subject, Panel extends WebviewPanel> extends Disposable {
  /** In the order that they were opened. */
  readonly #open = new Set<Panel>();

  constructor(private readonly kind: PanelKind<Subject, Panel>) {
    super();
    this._register(
      vscode.window.registerWebviewPanelSerializer(viewType(kind.page), {
        deserializeWebviewPanel: async (panel, state) => {
          const subject = await kind.subjectIn(state);
          if (subject === undefined) panel.dispose();
          else this.restore(subject, panel);
        },
      }),
    );
    this._register({
      dispose: () => {
        for (const panel of this.all) panel.dispose();
      },
    });
  }

  get all(): Panel[] {
    return [...this.#open];
  }

  find(subject: Subject): Panel | undefined {
    const key = this.kind.keyOf(subject);
    return this.all.find((panel) => this.kind.keyOf(this.kind.subjectOf(panel)) === key);
  }

  /** Reveals the panel of the subject, or opens one. */
  show(subject: Subject): void {
    const open = this.find(subject);
    if (open) open.reveal();
    else this.open(subject);
  }

  /** VS Code restores a tab when it is first looked at: by then the subject may have a panel already, and keeps that one. */
  restore(subject: Subject, panel: vscode.WebviewPanel): void {
    const open = this.find(subject);
    if (open === undefined) {
      this.open(subject, { restored: panel });
      return;
    }
    panel.dispose();
    open.reveal();
  }

  open(subject: Subject, place: PanelPlace = {}): Panel {
    const panel = this.kind.open(subject, place);
    this.#open.add(panel);
    panel.onDidClose(() => this.#open.delete(panel));
    return panel;
  }
}
