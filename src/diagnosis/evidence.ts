/** What a diagnosis is made from, and the newest steps of it in a few numbers. */
import type { ProbeMetrics, SelfDistillationStep, StepMetrics } from '../metrics/metricsLine.js';
import type { ImageFacts } from '../runs/run.js';
import type { Settings } from '../settings/settings.js';
import { featureDimOf } from '../settings/specs.js';

export { peakRate } from '../settings/specs.js';

export interface Evidence {
  readonly settings: Settings;
  /** The newest steps, oldest first; {@link DIAGNOSIS_WINDOW} of them are enough. */
  readonly steps: readonly StepMetrics[];
  /** The run's first probe and the newest ones, oldest first. */
  readonly probes: readonly ProbeMetrics[];
  /** Absent in runs of earlier versions, and before their sample was read. */
  readonly sample?: ImageFacts | undefined;
  /** 0 while unknown. */
  readonly stepsPerEpoch: number;
  /** Images in the data set. */
  readonly images: number;
  /** Images that could not be read. */
  readonly unreadable?: number;
  /** The step whose loss or gradient was no longer finite. */
  readonly divergedAt?: number | undefined;
  /** When training began or was resumed, in milliseconds since 1970; absent unless it runs now. */
  readonly runningSince?: number | undefined;
  readonly now: number;
}

/** Steps that a diagnosis looks at: enough to see a loss swing, which takes about 40 steps each way. */
export const DIAGNOSIS_WINDOW = 160;
/** Steps that tell where a run stands now: enough to even out the batches, few enough to follow a change. */
const NEWEST = 50;

/** The newest steps in a few numbers. */
export interface Measured extends Evidence {
  readonly steps: readonly SelfDistillationStep[];
  readonly lnK: number;
  readonly loss: number;
  /** How far the loss fell within the newest steps, half against half. */
  readonly fall: number;
  readonly entropy: number;
  readonly kl: number;
  /** Spread of the features; 1 is 1 / sqrt(dim). */
  readonly spread: number;
  readonly teacherTemp: number;
  readonly lr: number;
  /** Share of a step's time that is spent waiting for its images. */
  readonly waiting: number;
  /** Whether the newest steps began before the learning rate's peak. */
  readonly isWarmingUp: boolean;
}

export function measure(evidence: Pick<Measured, keyof Evidence>): Measured {
  const steps = evidence.steps.slice(-NEWEST);
  const { settings, stepsPerEpoch } = evidence;
  const half = steps.length >> 1;
  const [first, last] = [steps[0], steps.at(-1)];
  const stepMs = (step: StepMetrics) => (1000 * settings.batch_size) / step.images_per_s;
  return {
    ...evidence,
    lnK: Math.log(settings.out_dim),
    loss: mean(steps, lossOfDino),
    fall: mean(steps.slice(0, half), lossOfDino) - mean(steps.slice(half), lossOfDino),
    entropy: mean(steps, (step) => step.teacher_entropy),
    kl: mean(steps, ({ kl }) => kl),
    spread: mean(steps, (step) => step.feature_std) * Math.sqrt(featureDimOf(settings)),
    teacherTemp: last?.teacher_temp ?? settings.teacher_temp,
    lr: last?.lr ?? 0,
    waiting: mean(steps, (step) => step.data_wait_ms) / mean(steps, stepMs),
    isWarmingUp: first !== undefined && first.step < settings.warmup_epochs * stepsPerEpoch,
  };
}

/** Where the loss has other terms, it is DINO's that entropies are compared with. */
const lossOfDino = (step: SelfDistillationStep): number =>
  'koleo_loss' in step ? step.teacher_entropy + step.kl : step.loss;

/** Of what was measured: JSON has null for a number that was not finite, and that is not a 0. */
export function mean<Step extends StepMetrics>(steps: readonly Step[], value: (step: Step) => number): number {
  const measured = steps.map(value).filter(Number.isFinite);
  return measured.reduce((sum, one) => sum + one, 0) / measured.length;
}

export const warmupSteps = ({ settings, stepsPerEpoch }: Evidence): number => settings.warmup_epochs * stepsPerEpoch;

export const totalSteps = ({ settings, stepsPerEpoch }: Evidence): number => settings.epochs * stepsPerEpoch;
