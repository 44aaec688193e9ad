export interface CosineSchedule {
  /** Value after the warm-up. */
  readonly base: number;
  readonly final: number;
  readonly epochs: number;
  readonly iterationsPerEpoch: number;
  readonly warmupEpochs?: number;
  readonly warmupStart?: number;
}

/** n values evenly spaced from `from` to `to`, both included (numpy's linspace). */
function linspace(from: number, to: number, n: number): number[] {
  if (n === 1) return [from];
  return Array.from({ length: n }, (_, i) => (i === n - 1 ? to : from + (i * (to - from)) / (n - 1)));
}

/**
 * One value an iteration: a linear warm-up, then half a cosine from `base` to `final` (utils.py, `cosine_scheduler`).
 * Throws when the warm-up is longer than the run.
 */
export function cosineSchedule(schedule: CosineSchedule): Float64Array {
  const { base, final, epochs, iterationsPerEpoch, warmupEpochs = 0, warmupStart = 0 } = schedule;
  const total = epochs * iterationsPerEpoch;
  const warmup = Math.trunc(warmupEpochs * iterationsPerEpoch);
  if (warmup > total) throw new Error(`warmup_epochs ${warmupEpochs} is longer than the run of ${epochs} epochs.`);
  const values = Float64Array.from({ length: total }, (_, i) => {
    const progress = (i - warmup) / (total - warmup);
    return final + 0.5 * (base - final) * (1 + Math.cos(Math.PI * progress));
  });
  if (warmup > 0) values.set(linspace(warmupStart, base, warmup));
  return values;
}

/** The teacher's temperature in each epoch: a linear warm-up, then constant (main_dino.py, `DINOLoss.__init__`). */
export function teacherTemperatures(schedule: {
  readonly warmupTemperature: number;
  readonly temperature: number;
  readonly warmupEpochs: number;
  readonly epochs: number;
}): Float64Array {
  const { warmupTemperature, temperature, warmupEpochs, epochs } = schedule;
  const values = new Float64Array(epochs).fill(temperature);
  values.set(linspace(warmupTemperature, temperature, warmupEpochs).slice(0, epochs));
  return values;
}
