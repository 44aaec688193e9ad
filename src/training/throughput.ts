/** How fast a run goes and how long it still takes, over its recent steps. */

const WINDOW = 30;

export class Throughput {
  readonly #milliseconds: number[] = [];
  #since: number | undefined;

  constructor(private readonly batchSize: number) {}

  /**
   * Call at the end of each step, `now` in milliseconds. The first call only sets the clock: the step before it paid for warming
   * up, and the compile before that.
   */
  stepEnded(now: number): void {
    if (this.#since !== undefined) {
      this.#milliseconds.push(now - this.#since);
      if (this.#milliseconds.length > WINDOW) this.#milliseconds.shift();
    }
    this.#since = now;
  }

  /** Absent until two steps have ended. */
  get imagesPerSecond(): number | undefined {
    const mean = this.#meanMilliseconds();
    return mean === undefined ? undefined : (1000 * this.batchSize) / mean;
  }

  etaSeconds(stepsLeft: number): number | undefined {
    const mean = this.#meanMilliseconds();
    return mean === undefined ? undefined : (mean * stepsLeft) / 1000;
  }

  #meanMilliseconds(): number | undefined {
    const count = this.#milliseconds.length;
    return count === 0 ? undefined : this.#milliseconds.reduce((sum, value) => sum + value, 0) / count;
  }
}
