/**
 * A square matrix of float64 in WebAssembly's memory, for its products with a narrow one: most of the time of a fit of principal
 * components is spent in these, and ml-matrix takes several times as long.
 */
import { Matrix as Dense } from 'ml-matrix';
import { Kernels } from './kernels.js';

/** More would not fit into WebAssembly's memory. */
const LARGEST_SIDE = 20_000;
const BYTES = Float64Array.BYTES_PER_ELEMENT;

export class SquareMatrix {
  readonly #kernels = new Kernels();
  /** The compiled loop takes rows in pairs and the narrow matrix's columns in fours; what is missing is zeros. */
  readonly #side: number;
  readonly #width: number;
  readonly #values: number;
  readonly #narrow: number;
  readonly #product: number;

  /**
   * Of zeros.
   * @param columns of the narrow matrices that it is multiplied with
   * @throws Error with one sentence when it is too large
   */
  constructor(
    private readonly dim: number,
    private readonly columns: number,
  ) {
    if (dim > LARGEST_SIDE)
      throw new Error(
        `Features of ${dim} numbers are too wide for principal components, which take ${LARGEST_SIDE} at most.`,
      );
    this.#side = Math.ceil(dim / 2) * 2;
    this.#width = Math.ceil(columns / 4) * 4;
    this.#values = this.#room(this.#side);
    this.#narrow = this.#room(this.#width);
    this.#product = this.#room(this.#width);
  }

  /** @param values [dim] */
  setRow(row: number, values: ArrayLike<number>): void {
    this.#row(this.#values, row, this.#side).set(values);
  }

  /** The sum of the diagonal. */
  get trace(): number {
    let sum = 0;
    for (let d = 0; d < this.dim; d++) sum += this.#row(this.#values, d, this.#side)[d] as number;
    return sum;
  }

  /** @param narrow [dim, columns] @returns [dim, columns] */
  times(narrow: Dense): Dense {
    if (narrow.rows !== this.dim || narrow.columns !== this.columns)
      throw new Error(
        `[${narrow.rows}, ${narrow.columns}] is multiplied where [${this.dim}, ${this.columns}] is expected`,
      );
    for (let d = 0; d < this.dim; d++) this.#row(this.#narrow, d, this.#width).set(narrow.getRow(d));
    this.#kernels.run.multiplyNarrow(this.#values, this.#side, this.#narrow, this.#width, this.#product);
    const product = Dense.zeros(this.dim, this.columns);
    for (let d = 0; d < this.dim; d++)
      product.setRow(d, Array.from(this.#row(this.#product, d, this.#width).subarray(0, this.columns)));
    return product;
  }

  #room(columns: number): number {
    // Room is counted in numbers of four bytes.
    return this.#kernels.allot(2 * this.#side * columns);
  }

  #row(address: number, row: number, width: number): Float64Array {
    return this.#kernels.doubles(address + row * width * BYTES, width);
  }
}
