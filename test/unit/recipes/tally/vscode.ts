/** As much of the module `vscode` as a panel takes. */

type Listener<T> = (value: T) => void;

export class EventEmitter<T> {
  readonly #listeners = new Set<Listener<T>>();
  readonly event = (listener: Listener<T>) => {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

export const ViewColumn = { Active: -1 };
export const env = { language: 'en' };
export const l10n = { bundle: undefined };
export const Uri = { joinPath: (base: string, ...parts: string[]) => [base, ...parts].join('/') };

/** A tab, whose page a test plays. */
export class Tab {
  readonly #received = new EventEmitter<unknown>();
  readonly #sent = new EventEmitter<unknown>();
  readonly #disposed = new EventEmitter<void>();
  readonly onDidDispose = this.#disposed.event;
  isOpen = true;
  reveals = 0;
  readonly active = false;
  readonly visible = true;
  readonly webview = {
    html: '',
    options: {},
    cspSource: 'csp:',
    asWebviewUri: (uri: string) => uri,
    onDidReceiveMessage: this.#received.event,
    postMessage: async (message: unknown) => {
      this.#sent.fire(message);
      return true;
    },
  };

  constructor(
    readonly viewType: string,
    public title: string,
  ) {}

  readonly fromPage = (message: unknown): void => this.#received.fire(message);
  readonly toPage = this.#sent.event;

  reveal(): void {
    this.reveals++;
  }

  dispose(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#disposed.fire();
  }
}

interface Serializer {
  deserializeWebviewPanel(panel: Tab, state: unknown): Promise<void>;
}

export const tabs: Tab[] = [];
export const serializers = new Map<string, Serializer>();
export const window = {
  createWebviewPanel: (viewType: string, title: string): Tab => {
    const tab = new Tab(viewType, title);
    tabs.push(tab);
    return tab;
  },
  registerWebviewPanelSerializer: (viewType: string, serializer: Serializer) => {
    serializers.set(viewType, serializer);
    return { dispose: () => void serializers.delete(viewType) };
  },
};
