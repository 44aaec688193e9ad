/** By what the points are colored: their folder, a column of a table, or what their neighbors would say of it. */
import * as l10n from '@vscode/l10n';
import { errorMessage } from '../../src/errors/errorMessage.js';
import {
  askColumn,
  askPrediction,
  chooseTable,
  columnSchema,
  predictedSchema,
  tableSchema,
} from '../../src/protocol/embeddingPanel.js';
import { button, checkbox, dropdown } from '../shared/controls.js';
import { request } from '../shared/host.js';
import { readTheme } from '../shared/theme.js';
import { type Coloring, colorByValues } from './coloring.js';
import { asClasses, colorChoices, colorName, columnOf, FOLDER, ofColumn } from './colorSource.js';
import { shown } from './shown.js';
import { state } from './state.js';

export interface ColorEvents {
  onColoring(coloring: Coloring): void;
  onNote(sentence: string): void;
  onProblem(sentence: string): void;
}

/** Of what is left out, on each kind of background. */
const MUTED = { dark: '#8a8a8a', light: '#767676' } as const;

export const shownColorName = (): string => colorName(state.value.color, state.value.isPredicted);

export class Colors {
  readonly #colors = dropdown(l10n.t('Color'), (color) => this.#set({ color }));
  readonly #predicted = checkbox(l10n.t('k-NN prediction'), state.value.isPredicted, (isPredicted) =>
    this.#set({ isPredicted }),
  );
  readonly #table = button(l10n.t('CSV Columns…'), () => void this.#openTable());
  /** Of several questions under way the last one counts. */
  #asked = 0;

  constructor(private readonly events: ColorEvents) {}

  get chip(): HTMLElement {
    return this.#colors.element;
  }

  get elements(): readonly HTMLElement[] {
    return [this.#predicted, this.#table];
  }

  /** There are other images or columns. */
  offer(): void {
    const choices = colorChoices(state.value.table?.columns ?? []);
    const chosen = choices.some(({ value }) => value === state.value.color) ? state.value.color : FOLDER;
    state.set({ color: chosen });
    this.#colors.offer(choices, chosen);
  }

  async recolor(): Promise<void> {
    if (shown.images === undefined) return;
    const mine = ++this.#asked;
    const { color } = state.value;
    try {
      const values = await valuesOf(color, state.value.isPredicted);
      if (mine !== this.#asked || values.length !== shown.count) return;
      const { series, kind } = readTheme();
      const coloring = colorByValues(values, series, MUTED[kind]);
      shown.coloring = coloring;
      this.events.onColoring(coloring);
    } catch (error) {
      if (mine !== this.#asked) return;
      this.events.onProblem(errorMessage(error));
      if (color === FOLDER) return;
      state.set({ color: FOLDER, table: null });
      this.offer();
      await this.recolor();
    }
  }

  #set(change: Partial<typeof state.value>): void {
    state.set(change);
    void this.recolor();
  }

  async #openTable(): Promise<void> {
    try {
      const table = await request(chooseTable, tableSchema, {});
      if (table === null) return;
      const [first] = table.columns;
      state.set({ table, ...(first !== undefined && { color: ofColumn(first) }) });
      this.events.onNote(table.note);
      this.offer();
      await this.recolor();
    } catch (error) {
      this.events.onProblem(errorMessage(error));
    }
  }
}

/** Of each image; '' where it has none. */
async function valuesOf(color: string, isPredicted: boolean): Promise<readonly string[]> {
  const column = columnOf(color);
  const told =
    column === undefined
      ? Array.from(shown.labels, (_, image) => shown.classOf(image))
      : (await request(askColumn, columnSchema, { column })).values;
  if (!isPredicted) return told;
  const { checkpoint, moving } = shown;
  if (checkpoint === undefined || moving !== undefined) return told.map(() => '');
  const of = asClasses(told);
  const predicted = await request(askPrediction, predictedSchema, { checkpoint, labels: of.labels.buffer });
  return Array.from(new Int32Array(predicted.labels), (label) => of.classes[label] ?? '');
}
