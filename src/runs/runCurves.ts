/** The curves of a run that may still be going on: read on from where reading ended, and anew when the run went back. */
import { isStep, type MetricsLine, type StepMetrics } from '../metrics/metricsLine.js';
import { Curve, type CurveChange } from './curve.js';
import type { MeasuredStep } from './evaluations.js';
import { readMetricsFrom } from './metricsFile.js';

/** Read at once, before others in this process have their turn. */
const SLICE_BYTES = 1 << 20;
/** A pause between two steps that is so much longer than they take, and at least so long, was no training. */
const PAUSE = { times: 10, ms: 10_000 };

/** Seconds of training at each step, however often it was stopped in between. */
class TrainingClock {
  #seconds = 0;
  #last: number | undefined;

  constructor(private readonly batchSize: number) {}

  at({ time, images_per_s }: StepMetrics): number {
    const stepMs = (1000 * this.batchSize) / images_per_s;
    const usual = Number.isFinite(stepMs) ? stepMs : 0;
    const passed = this.#last === undefined ? usual : Math.max(0, time - this.#last);
    this.#seconds += (passed > Math.max(PAUSE.ms, PAUSE.times * usual) ? usual : passed) / 1000;
    this.#last = time;
    return this.#seconds;
  }
}

export class RunCurves {
  #offset = 0;
  #lastStep = 0;
  #clock: TrainingClock;
  #steps: Curve;
  /** What was evaluated, and what of it belongs to steps that are not read yet. */
  #evaluated: readonly MeasuredStep[] = [];
  #pending: MeasuredStep[] = [];

  /**
   * @param path the run's metrics.jsonl, which may not be there yet
   * @param values names of the metrics that are drawn
   * @param most points of the curve
   * @param evaluations what evaluations of checkpoints say, in order of the steps; the same array while nothing has changed
   */
  constructor(
    private readonly path: string,
    private readonly values: readonly string[],
    private readonly batchSize: number,
    private readonly most: number,
    private readonly evaluations: () => readonly MeasuredStep[] = () => this.#evaluated,
  ) {
    this.#clock = new TrainingClock(batchSize);
    this.#steps = this.#newSteps();
  }

  /** Points of the curve. */
  get length(): number {
    return this.#steps.length;
  }

  /** Reads what is new, and gives what changed. @throws Error naming the file, when it cannot be read */
  async read(): Promise<CurveChange | undefined> {
    this.#lookAtEvaluations();
    for (let hasGoneBack = false; ; ) {
      const { lines, next, restarted } = readMetricsFrom(this.path, this.#offset, SLICE_BYTES);
      const first = lines.find(isStep)?.step;
      // A resumed run may have gone back to an earlier step, with a file that is as long by now.
      const goesBack = first !== undefined && first !== this.#lastStep + 1 && !restarted && !hasGoneBack;
      if (goesBack || restarted) this.#startOver();
      if (goesBack) {
        hasGoneBack = true;
        continue;
      }
      for (const line of lines) this.#add(line);
      const isAtEnd = next === this.#offset;
      this.#offset = next;
      if (isAtEnd) return this.#steps.takeChange();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #add(line: MetricsLine): void {
    if (!isStep(line)) {
      // An evaluation beside the steps is written when it is done.
      this.#steps.amend({ ...line }, line.step);
      return;
    }
    this.#lastStep = line.step;
    this.#steps.add({ ...line, seconds: this.#clock.at(line) });
    for (let next = this.#pending[0]; next !== undefined && next.step <= line.step; next = this.#pending[0]) {
      this.#steps.amend(next.values);
      this.#pending.shift();
    }
  }

  /** A result of an earlier step changes a point that is told already. */
  #lookAtEvaluations(): void {
    const now = this.evaluations();
    if (now === this.#evaluated) return;
    this.#evaluated = now;
    this.#startOver();
  }

  #startOver(): void {
    this.#pending = [...this.#evaluated];
    this.#offset = 0;
    this.#lastStep = 0;
    this.#clock = new TrainingClock(this.batchSize);
    this.#steps = this.#newSteps();
  }

  #newSteps = () => new Curve(['step', 'seconds'], this.values, this.most);
}
