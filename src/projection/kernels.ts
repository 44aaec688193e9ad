/** The compiled loops (see `assembly/`), each user with a memory of its own, which goes when its user does. */
import moduleBytes from './assembly.wasm';

/** What `assembly/index.ts` exports; addresses are bytes into `memory`. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  multiplyNarrow(square: number, dim: number, narrow: number, width: number, out: number): void;
  multiplyRows(queries: number, queryCount: number, rows: number, rowCount: number, dim: number, out: number): void;
  nearestOfRows(
    products: number,
    queryCount: number,
    rowCount: number,
    paddedRows: number,
    norms: number,
    self: number,
    k: number,
    indices: number,
    scratch: number,
  ): void;
  sortAlongCurve(
    x: number,
    y: number,
    n: number,
    keys: number,
    otherKeys: number,
    order: number,
    otherOrder: number,
    counts: number,
    sortedX: number,
    sortedY: number,
  ): number;
  repel(
    keys: number,
    order: number,
    sortedX: number,
    sortedY: number,
    n: number,
    side: number,
    theta: number,
    cells: number,
    mostCells: number,
    forceX: number,
    forceY: number,
  ): number;
  attract(
    x: number,
    y: number,
    n: number,
    starts: number,
    neighbors: number,
    weights: number,
    forceX: number,
    forceY: number,
  ): void;
  descend(
    positions: number,
    n: number,
    attraction: number,
    repulsion: number,
    exaggeration: number,
    z: number,
    momentum: number,
    learningRate: number,
    velocities: number,
    gains: number,
  ): void;
  umapEpoch(
    x: number,
    y: number,
    n: number,
    heads: number,
    tails: number,
    every: number,
    due: number,
    pushDue: number,
    edges: number,
    epoch: number,
    pushes: number,
    a: number,
    b: number,
    rate: number,
    seed: number,
  ): void;
}

const compiled = new WebAssembly.Module(moduleBytes);
const PAGE = 65_536;
const MOST_BYTES = 65_536 * PAGE;

export class Kernels {
  readonly run = new WebAssembly.Instance(compiled).exports as Exports;
  #end = 0;

  /**
   * Room for so many numbers of four bytes, all zero, with a margin of one vector behind.
   * @returns its address
   * @throws Error when it does not fit into WebAssembly's 4 GiB
   */
  allot(count: number): number {
    const address = this.#end;
    this.#end += (Math.ceil(count / 4) + 1) * 16;
    if (this.#end > MOST_BYTES)
      throw new Error('These features take more than the 4 GiB that a projection can work in: take fewer images.');
    const { memory } = this.run;
    const missing = this.#end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return address;
  }

  /** A view that is good until the next `allot`. */
  floats(address: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.run.memory.buffer, address, count);
  }

  /** Each takes the room of two numbers. A view that is good until the next `allot`. */
  doubles(address: number, count: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.run.memory.buffer, address, count);
  }

  /** A view that is good until the next `allot`. */
  ints(address: number, count: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.run.memory.buffer, address, count);
  }

  put(values: Float32Array | Int32Array): number {
    const address = this.allot(values.length);
    if (values instanceof Float32Array) this.floats(address, values.length).set(values);
    else this.ints(address, values.length).set(values);
    return address;
  }
}
