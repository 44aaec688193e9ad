/**
 * A curve of bounded length that grows with a run: each point stands for as many measurements as it takes for all of them
 * to fit, and holds their mean. When the points run out, neighbors are joined and each stands for twice as many.
 */
export interface CurveChange {
  /** The first point that changed. */
  readonly from: number;
  /** By name, from that point on; NaN where nothing was measured. */
  readonly columns: Readonly<Record<string, Float64Array<ArrayBuffer>>>;
}

/** One measurement: where on the axes it lies, and the values. */
export type Measurement = Readonly<Record<string, unknown>>;

export class Curve {
  /** Of each point: the sums of its measurements' values, and of how many. */
  readonly #sums = new Map<string, number[]>();
  readonly #counts = new Map<string, number[]>();
  readonly #places = new Map<string, number[]>();
  #length = 0;
  /** Measurements that a point stands for, and that the last one has. */
  #each = 1;
  #inLast = 0;
  #changedFrom = 0;
  #isFresh = true;
  #beforeFirst: Measurement = {};

  /**
   * @param places keys of which a point has its last measurement's (step, time), so that the newest is at the end
   * @param values keys of which a point has its measurements' mean
   * @param most points, an even number
   */
  constructor(
    places: readonly string[],
    values: readonly string[],
    private readonly most: number,
  ) {
    for (const key of places) this.#places.set(key, []);
    for (const key of values) {
      this.#sums.set(key, []);
      this.#counts.set(key, []);
    }
  }

  get length(): number {
    return this.#length;
  }

  add(measurement: Measurement): void {
    if (this.#length === 0 || this.#inLast === this.#each) {
      if (this.#length === this.most) this.#join();
      this.#append();
    }
    const last = this.#length - 1;
    this.#inLast++;
    this.#changedFrom = Math.min(this.#changedFrom, last);
    for (const [key, column] of this.#places) column[last] = numberOf(measurement[key]);
    this.#count(measurement, last);
    this.#count(this.#beforeFirst, last);
    this.#beforeFirst = {};
  }

  /**
   * Adds values to the last point, or to the first one that comes: what was measured beside it.
   * @param step by its place `step`, of a point before the last; when left out: the last point
   */
  amend(measurement: Measurement, step = Number.POSITIVE_INFINITY): void {
    if (this.#length === 0) {
      this.#beforeFirst = { ...this.#beforeFirst, ...measurement };
      return;
    }
    const steps = this.#places.get('step') ?? [];
    let point = this.#length - 1;
    while (point > 0 && (steps[point - 1] ?? Number.NEGATIVE_INFINITY) >= step) point--;
    this.#changedFrom = Math.min(this.#changedFrom, point);
    this.#count(measurement, point);
  }

  #count(measurement: Measurement, point: number): void {
    for (const [key, sums] of this.#sums) {
      const value = numberOf(measurement[key]);
      const counts = this.#counts.get(key);
      if (!Number.isFinite(value) || counts === undefined) continue;
      sums[point] = (sums[point] as number) + value;
      counts[point] = (counts[point] as number) + 1;
    }
  }

  /** What changed since the last call; undefined when nothing did. The first call gives everything, even if it is nothing. */
  takeChange(): CurveChange | undefined {
    const from = this.#changedFrom;
    if (from >= this.#length && !this.#isFresh) return undefined;
    this.#isFresh = false;
    this.#changedFrom = this.#length;
    const columns: Record<string, Float64Array<ArrayBuffer>> = {};
    for (const [key, column] of this.#places) columns[key] = Float64Array.from(column.slice(from));
    for (const [key, sums] of this.#sums) {
      const counts = this.#counts.get(key) ?? [];
      columns[key] = Float64Array.from(sums.slice(from), (sum, i) => sum / (counts[from + i] as number));
    }
    return { from, columns };
  }

  #append(): void {
    for (const column of this.#places.values()) column.push(Number.NaN);
    for (const column of [...this.#sums.values(), ...this.#counts.values()]) column.push(0);
    this.#length++;
    this.#inLast = 0;
  }

  #join(): void {
    const half = this.most / 2;
    for (const column of this.#places.values()) {
      for (let i = 0; i < half; i++) column[i] = column[2 * i + 1] ?? Number.NaN;
      column.length = half;
    }
    for (const column of [...this.#sums.values(), ...this.#counts.values()]) {
      for (let i = 0; i < half; i++) column[i] = (column[2 * i] as number) + (column[2 * i + 1] as number);
      column.length = half;
    }
    this.#length = half;
    this.#each *= 2;
    this.#changedFrom = 0;
  }
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);
