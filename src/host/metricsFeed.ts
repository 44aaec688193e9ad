/** A run's measured steps for a page that draws them: slices that follow each other, none twice and none left out. */
import { isStep, readMetricsFrom, type StepMetrics } from '../runs/metrics.js';

export interface MetricsSlice {
  readonly steps: readonly StepMetrics[];
  /** These are the first: whatever came before is to be dropped. */
  readonly reset: boolean;
  /** There is nothing behind it yet. */
  readonly isLast: boolean;
}

const BEFORE_ALL = -1;

/** Whoever reads, in whatever order: the place in the file is kept here alone, and moved by `next()` without a pause. */
export class MetricsFeed {
  #offset = 0;
  #lastStep = BEFORE_ALL;
  #isReset = true;

  /**
   * @param path metrics.jsonl
   * @param sliceBytes read at once, before others in this process have their turn
   */
  constructor(
    private readonly path: string,
    private readonly sliceBytes: number,
  ) {}

  /** The next slice is the first again, as for a page that has nothing. */
  startOver(): void {
    this.#offset = 0;
    this.#lastStep = BEFORE_ALL;
    this.#isReset = true;
  }

  /** @throws Error naming the file, when it cannot be read */
  next(): MetricsSlice {
    const { lines, next, restarted } = readMetricsFrom(this.path, this.#offset, this.sliceBytes);
    const steps = lines.filter(isStep);
    // A resumed run may have gone back to an earlier step.
    const wentBack = steps.length > 0 && (steps[0]?.step ?? 0) <= this.#lastStep;
    if (restarted || wentBack) {
      this.startOver();
      return this.next();
    }
    const slice = { steps, reset: this.#isReset, isLast: next === this.#offset };
    this.#offset = next;
    this.#lastStep = steps.at(-1)?.step ?? this.#lastStep;
    this.#isReset = false;
    return slice;
  }
}
