/** What stands in a column of a table, gathered row by row. */
import { isMissing, isNumber, isWhole } from './numbers.js';
import type { DecimalMark } from './tableOptions.js';

export class ColumnSurvey {
  numbers = 0;
  empty = 0;
  /** Neither a number nor a stand-in for one. */
  texts = 0;
  /** Numbers that are written without a decimal mark. */
  whole = 0;
  /** Whether each number was above the one before it; by how much at most. */
  isAscending = true;
  largestStep = 0;
  first: number | undefined;
  #last: number | undefined;
  readonly #values = new Set<string>();
  isUnique = true;

  constructor(private readonly decimal: DecimalMark) {}

  add(cell: string): void {
    if (cell === '') this.empty++;
    if (!isNumber(cell, this.decimal)) {
      if (!isMissing(cell)) this.#addText(cell);
      return;
    }
    this.numbers++;
    if (!isWhole(cell)) return;
    this.whole++;
    const value = Number(cell);
    this.first ??= value;
    if (this.#last !== undefined) {
      this.isAscending &&= value > this.#last;
      this.largestStep = Math.max(this.largestStep, value - this.#last);
    }
    this.#last = value;
  }

  /** Joins a row that stands before the first. */
  addBefore(cell: string): void {
    const [first, last] = [this.first, this.#last];
    this.first = undefined;
    this.#last = undefined;
    this.add(cell);
    if (first === undefined) return;
    const own: number | undefined = this.first;
    if (own !== undefined) {
      this.isAscending &&= first > own;
      this.largestStep = Math.max(this.largestStep, first - own);
    }
    this.first = own ?? first;
    this.#last = last;
  }

  #addText(cell: string): void {
    this.texts++;
    if (!this.isUnique) return;
    this.isUnique = !this.#values.has(cell);
    if (this.isUnique) this.#values.add(cell);
    else this.#values.clear();
  }
}
