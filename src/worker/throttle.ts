/** Passes on at most one value per interval, always the newest; none is kept back longer than the interval. */
export class Throttle<T> {
  #pending: { readonly value: T } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastPassed = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly intervalMs: number,
    private readonly pass: (value: T) => void,
  ) {}

  offer(value: T): void {
    this.#pending = { value };
    const wait = this.#lastPassed + this.intervalMs - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  }

  /** Passes on what waits, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === undefined) return;
    const { value } = this.#pending;
    this.#pending = undefined;
    this.#lastPassed = performance.now();
    this.pass(value);
  }
}
