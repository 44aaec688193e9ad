/** The table that a plot is colored by: chosen by the person, read by the child. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { tableNote } from './imageNotes.js';
import type { Plot } from './plot.js';

/** What the page is told about it. */
export interface OpenTable {
  /** Its name. */
  readonly file: string;
  readonly columns: string[];
  /** How many images it tells of. */
  readonly note: string;
}

export class ImageTable {
  #open: { readonly file: string; readonly nameColumn: string } | undefined;
  readonly #key: string;

  /**
   * @param memory knows after a reload of the window which file was open
   * @param place of the images: a folder, or a run's
   */
  constructor(
    private readonly memory: vscode.Memento,
    place: string,
  ) {
    this.#key = `embedding.table ${place}`;
  }

  /** @returns null: the person chose none. @throws Error with one sentence, as all that follow */
  async choose(plot: Plot): Promise<OpenTable | null> {
    const [chosen] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Table with a line for each image'),
        defaultUri: vscode.Uri.file(plot.data),
        filters: { [vscode.l10n.t('Tables')]: ['csv', 'tsv', 'txt', 'tab', 'dat', 'gz'] },
        openLabel: vscode.l10n.t('Color by its columns'),
      })) ?? [];
    return chosen === undefined ? null : this.open(plot, chosen.fsPath);
  }

  async open(plot: Plot, file: string): Promise<OpenTable> {
    const table = await plot.openTable(file);
    this.#open = { file, nameColumn: table.nameColumn };
    await this.memory.update(this.#key, file);
    const base = path.basename(file);
    return { file: base, columns: [...table.columns], note: tableNote(base, table, plot.embedding.names.length) };
  }

  /** The values of a column, one an image. */
  async values(plot: Plot, column: string): Promise<string[]> {
    if (this.#open === undefined) await this.#openAgain(plot);
    if (this.#open === undefined) throw new Error(vscode.l10n.t('No table is open: choose a CSV file.'));
    return plot.readColumn(this.#open.file, this.#open.nameColumn, column);
  }

  async #openAgain(plot: Plot): Promise<void> {
    const file = this.memory.get<string>(this.#key);
    if (file === undefined) return;
    // Gone or damaged, it is said once and then forgotten.
    await this.memory.update(this.#key, undefined);
    await this.open(plot, file);
  }
}
