/** Bodies of a function for images of any size: whatever list of integers depends on the size is computed from it. */
import { type Extent, isFixed } from '../anySize/extent.js';
import { Body, INT32 } from './body.js';

/** Takes down the lists of integers, in their order. */
export class RecordingBody extends Body {
  readonly lists: (readonly number[])[] = [];

  constructor() {
    super('float32', false);
  }

  override integers(values: readonly number[]): string {
    this.lists.push([...values]);
    return super.integers(values);
  }
}

/** References of int32 scalars. */
export interface SizeReferences {
  readonly batch: string;
  readonly rows: string;
  readonly columns: string;
}

export class AnySizeBody extends Body {
  readonly #computed = new Map<string, string>();
  #at = 0;
  #sizes: SizeReferences | undefined;

  /** @param lists what a {@link RecordingBody} has taken down, as functions of the size */
  constructor(private readonly lists: readonly (readonly Extent[])[]) {
    super('float32', false);
  }

  /** From here on lists are computed from these. */
  sizesAre(sizes: SizeReferences): void {
    this.#sizes = sizes;
  }

  override integers(values: readonly number[]): string {
    if (this.#sizes === undefined) return super.integers(values);
    const list = this.lists[this.#at++];
    if (list === undefined) throw new Error('A function for any size has more lists than were taken down.');
    return list.every(isFixed) ? super.integers(values) : this.#list(list, this.#sizes);
  }

  #list(list: readonly Extent[], sizes: SizeReferences): string {
    const key = JSON.stringify(list);
    const parts = list.map((extent) => this.#extent(extent, sizes));
    const reference =
      this.#computed.get(key) ??
      this.add('Pack', parts, { T: INT32, N: { int: parts.length }, axis: { int: 0 } }, 'output');
    this.#computed.set(key, reference);
    return reference;
  }

  #extent({ perImage, area, row, column, rest }: Extent, { batch, rows, columns }: SizeReferences): string {
    const product = (a: string, b: string) => this.add('Mul', [a, b], { T: INT32 }, 'z');
    const times = (factor: number, size: string) => (factor === 1 ? size : product(this.integer(factor), size));
    const terms = [
      ...(area === 0 ? [] : [times(area, product(rows, columns))]),
      ...(row === 0 ? [] : [times(row, rows)]),
      ...(column === 0 ? [] : [times(column, columns)]),
      this.integer(rest),
    ];
    const ofImage = terms.reduce((sum, term) => this.add('AddV2', [sum, term], { T: INT32 }, 'z'));
    return perImage ? product(batch, ofImage) : ofImage;
  }
}
