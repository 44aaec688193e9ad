export interface CosineSchedule {
  /** Value after the warm-up. */
  readonly base: number;
  readonly final: number;
  readonly epochs: number;
  readonly iterationsPerEpoch: number;
  readonly warmupEpochs?: number;
  readonly warmupStart?: number;
}

/** The i-th of n values evenly spaced from `from` to `to`, both included (numpy's linspace). */
function evenlySpaced(from: number, to: number, n: number, i: number): number {
  if (n === 1) return from;
  return i === n - 1 ? to : from + (i * (to - from)) / (n - 1);
}

/**
 * The value of each iteration, from 0: a linear warm-up, then half a cosine from `base` to `final` (utils.py, `cosine_scheduler`).
 * Computed when asked for: the original's list of a run's values would take gigabytes when the run is long.
 * @throws Error when the warm-up is longer than the run; the function throws a RangeError outside the run
 */
export function cosineSchedule(schedule: CosineSchedule): (iteration: number) => number {
  const { base, final, epochs, iterationsPerEpoch, warmupEpochs = 0, warmupStart = 0 } = schedule;
  const total = epochs * iterationsPerEpoch;
  const warmup = Math.trunc(warmupEpochs * iterationsPerEpoch);
  if (warmup > total) throw new Error(`warmup_epochs ${warmupEpochs} is longer than the run of ${epochs} epochs.`);
  return (iteration) => {
    if (!(iteration >= 0 && iteration < total)) {
      throw new RangeError(`step ${iteration} lies outside the schedule of ${total} values`);
    }
    if (iteration < warmup) return evenlySpaced(warmupStart, base, warmup, iteration);
    const progress = (iteration - warmup) / (total - warmup);
    return final + 0.5 * (base - final) * (1 + Math.cos(Math.PI * progress));
  };
}

/** The teacher's temperature in an epoch, from 0: a linear warm-up, then constant (main_dino.py, `DINOLoss.__init__`). */
export function teacherTemperature(schedule: {
  readonly warmupTemperature: number;
  readonly temperature: number;
  readonly warmupEpochs: number;
}): (epoch: number) => number {
  const { warmupTemperature, temperature, warmupEpochs } = schedule;
  return (epoch) =>
    epoch < warmupEpochs ? evenlySpaced(warmupTemperature, temperature, warmupEpochs, epoch) : temperature;
}
