/** A panel whose page is one of dist/webview: what it may load, and how it is talked to. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { Messenger } from 'vscode-messenger';
import type { NotificationType, RequestType, WebviewIdMessageParticipant } from 'vscode-messenger-common';
import type { z } from 'zod';
import { errorMessage } from '../errors/errorMessage.js';
import { hintRead, hintReady, showHint } from '../protocol/hint.js';
import { answeredCode } from './answeredCode.js';
import { Disposable } from './disposable.js';
import type { Hints } from './tour/hints.js';

/** What VS Code calls the panels of a page. */
export const viewType = (page: string): string => `dino.${page}`;

export interface PanelPlace {
  /** One that VS Code restores after a reload. */
  readonly restored?: vscode.WebviewPanel | undefined;
  /** Where a new one opens, without taking the focus; absent: in front of what is active. */
  readonly column?: vscode.ViewColumn | undefined;
}

export interface PanelOptions extends PanelPlace {
  readonly extensionUri: vscode.Uri;
  /** Name of the page: webview/<page>/main.ts. */
  readonly page: string;
  readonly title: string;
  /** Of the pages that introduce themselves. */
  readonly hints?: Hints;
}

export abstract class WebviewPanel extends Disposable {
  protected readonly panel: vscode.WebviewPanel;
  readonly #messenger = new Messenger();
  readonly #page: WebviewIdMessageParticipant;
  readonly #closed = this._register(new vscode.EventEmitter<void>());
  readonly onDidClose = this.#closed.event;

  constructor({ extensionUri, page, title, restored, column, hints }: PanelOptions) {
    super();
    const localResourceRoots = ['dist', 'media'].map((folder) => vscode.Uri.joinPath(extensionUri, folder));
    const options: vscode.WebviewOptions = { enableScripts: true, localResourceRoots };
    const place =
      column === undefined ? vscode.ViewColumn.Active : ({ viewColumn: column, preserveFocus: true } as const);
    this.panel = restored ?? vscode.window.createWebviewPanel(viewType(page), title, place, options);
    this.panel.title = title;
    this.panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png');
    this.panel.webview.options = options;
    this.#page = this.#messenger.registerWebviewPanel(this.panel);
    this._register(
      this.panel.onDidDispose(() => {
        this.#closed.fire();
        this.dispose();
      }),
    );
    this._register(this.panel);
    if (hints) this.#introduce(page, hints);
    this.panel.webview.html = html(this.panel.webview, extensionUri, page, title);
  }

  #introduce(page: string, hints: Hints): void {
    const tellHint = () => this.tell(showHint, hints.isShown(page));
    this.onSignal(hintReady, tellHint);
    this.onSignal(hintRead, () => void hints.putAway(page));
    this._register(hints.onDidChange(tellHint));
  }

  reveal(preserveFocus = false): void {
    this.panel.reveal(undefined, preserveFocus);
  }

  get isActive(): boolean {
    return this.panel.active;
  }

  get isVisible(): boolean {
    return this.panel.visible;
  }

  /** Dropped while the page is hidden: it asks for everything when it is back. */
  protected tell<P>(type: NotificationType<P>, message: P): void {
    if (!this.isDisposed) this.#messenger.sendNotification(type, this.#page, message);
  }

  protected onSignal(type: NotificationType<void>, handle: () => void): void {
    this._register(this.#messenger.onNotification(type, handle));
  }

  protected onMessage<S extends z.ZodType>(
    type: NotificationType<z.output<S>>,
    schema: S,
    handle: (message: z.output<S>) => void,
  ): void {
    this._register(this.#messenger.onNotification<unknown>(type, (message) => handle(schema.parse(message))));
  }

  protected onRequest<S extends z.ZodType, R>(
    type: RequestType<z.output<S>, R>,
    schema: S,
    handle: (message: z.output<S>) => Promise<R>,
  ): void {
    const answer = (message: unknown): Promise<R> => handle(schema.parse(message)).catch(rejection);
    this._register(this.#messenger.onRequest<unknown, R>({ method: type.method }, answer));
  }
}

/** Of an Error the messenger passes on its sentence alone; of this its code, too. */
function rejection(error: unknown): never {
  throw { message: errorMessage(error), data: answeredCode(error) };
}

function html(webview: vscode.Webview, extensionUri: vscode.Uri, page: string, title: string): string {
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', name));
  const nonce = randomBytes(16).toString('base64');
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; font-src ${webview.cspSource}`;
  return `<!doctype html>
<html lang="${escaped(vscode.env.language)}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <link rel="stylesheet" href="${file(`${page}.css`)}">
    <title>${escaped(title)}</title>
  </head>
  <body>
    <main></main>
    ${words()}
    <script nonce="${nonce}" src="${file(`${page}.js`)}"></script>
  </body>
</html>`;
}

/** The page's translated words, as data that no policy has to allow; none where the words are the sources' own. */
function words(): string {
  const { bundle } = vscode.l10n;
  if (bundle === undefined) return '';
  return `<script type="application/json" id="words">${JSON.stringify(bundle).replaceAll('<', '\\u003c')}</script>`;
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
