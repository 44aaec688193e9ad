/** Writers of a model for images of any size: whatever list of integers depends on the size is computed from it. */
import type { Extent } from '../anySize/extent.js';
import { isFixed } from '../anySize/extent.js';
import { int, Writer } from './writer.js';

/** Takes down the lists of integers, in their order. */
export class RecordingWriter extends Writer {
  readonly lists: (readonly number[])[] = [];

  constructor() {
    super(true);
  }

  override integers(values: readonly number[]): string {
    this.lists.push([...values]);
    return super.integers(values);
  }
}

/** Names of int64 tensors [1]. */
export interface SizeNames {
  readonly batch: string;
  readonly rows: string;
  readonly columns: string;
}

export class AnySizeWriter extends Writer {
  readonly #computed = new Map<string, string>();
  #at = 0;
  #sizes: SizeNames | undefined;

  /** @param lists what a {@link RecordingWriter} has taken down, as functions of the size */
  constructor(private readonly lists: readonly (readonly Extent[])[]) {
    super(true);
  }

  /** From here on lists are computed from these. */
  sizesAre(sizes: SizeNames): void {
    this.#sizes = sizes;
  }

  override integers(values: readonly number[]): string {
    if (this.#sizes === undefined) return super.integers(values);
    const list = this.lists[this.#at++];
    if (list === undefined) throw new Error('A model for any size has more lists than were taken down.');
    return list.every(isFixed) ? super.integers(values) : this.#list(list, this.#sizes);
  }

  #list(list: readonly Extent[], sizes: SizeNames): string {
    const key = JSON.stringify(list);
    const known = this.#computed.get(key);
    if (known !== undefined) return known;
    const parts = list.map((extent) => this.#extent(extent, sizes));
    const name = parts.length === 1 ? (parts[0] as string) : this.value('Concat', parts, { axis: int(0) });
    this.#computed.set(key, name);
    return name;
  }

  #extent({ perImage, area, row, column, rest }: Extent, { batch, rows, columns }: SizeNames): string {
    const number = (value: number) => super.integers([value]);
    const times = (factor: number, name: string) => (factor === 1 ? name : this.value('Mul', [number(factor), name]));
    const terms = [
      ...(area === 0 ? [] : [times(area, this.value('Mul', [rows, columns]))]),
      ...(row === 0 ? [] : [times(row, rows)]),
      ...(column === 0 ? [] : [times(column, columns)]),
      ...(rest === 0 ? [] : [number(rest)]),
    ];
    if (terms.length === 0) return number(0);
    const ofImage = terms.reduce((sum, term) => this.value('Add', [sum, term]));
    if (!perImage) return ofImage;
    return area === 0 && row === 0 && column === 0 && rest === 1 ? batch : this.value('Mul', [batch, ofImage]);
  }
}
