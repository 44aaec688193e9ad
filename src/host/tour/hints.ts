/** The lines with which views and panels introduce themselves once the tour has begun, each until a person puts it away. */
import * as vscode from 'vscode';
import { z } from 'zod';
import { Disposable } from '../disposable.js';

const KEY = 'tour.hints';
const storedSchema = z.object({ isOn: z.boolean(), read: z.array(z.string()) });

export class Hints extends Disposable {
  readonly #changed = this._register(new vscode.EventEmitter<void>());
  readonly onDidChange = this.#changed.event;

  /** @param memory of all workspaces: what is read once is known */
  constructor(private readonly memory: vscode.Memento) {
    super();
  }

  /** @param who introduces itself: a view or a page */
  isShown(who: string): boolean {
    const { isOn, read } = this.#stored;
    return isOn && !read.includes(who);
  }

  /** Those that were not put away before. */
  async begin(): Promise<void> {
    await this.#keep({ ...this.#stored, isOn: true });
  }

  /** All of them, again. */
  async beginAnew(): Promise<void> {
    await this.#keep({ isOn: true, read: [] });
  }

  async putAway(who: string): Promise<void> {
    const { isOn, read } = this.#stored;
    await this.#keep({ isOn, read: [...new Set([...read, who])] });
  }

  get #stored(): z.output<typeof storedSchema> {
    return storedSchema.safeParse(this.memory.get(KEY)).data ?? { isOn: false, read: [] };
  }

  async #keep(value: z.output<typeof storedSchema>): Promise<void> {
    await this.memory.update(KEY, value);
    this.#changed.fire();
  }
}
