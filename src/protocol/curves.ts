/** What the host and the page of curves say to each other. Both check what they get. */
import type { NotificationType } from 'vscode-messenger-common';
import { z } from 'zod';

/** More runs cannot be told apart in one chart. */
export const MOST_RUNS = 7;
/** Points of a curve that are sent at most, however long the run is. */
export const MOST_POINTS = 1500;

/** What is measured at every step. */
export const STEP_SERIES = [
  'loss',
  'teacher_entropy',
  'kl',
  'feature_std',
  'grad_norm',
  'lr',
  'teacher_momentum',
  'teacher_temp',
  'images_per_s',
  'data_wait_ms',
] as const;
export type StepSeries = (typeof STEP_SERIES)[number];
/** k-NN accuracy is measured now and then. */
export const SERIES = [...STEP_SERIES, 'knn_top1'] as const;
export type SeriesName = (typeof SERIES)[number];

/** The page has loaded (again, after having been hidden): it wants everything. */
export const pageReady: NotificationType<void> = { method: 'curves/ready' };

const described = z.object({ label: z.string(), value: z.string() });
const runSchema = z.object({
  /** Its folder, which names it in all messages. */
  dir: z.string(),
  name: z.string(),
  /** How far it came and how fast it goes. */
  description: z.string(),
  stepsPerEpoch: z.number(),
  batchSize: z.number(),
  /** ln K, the loss of a network that tells nothing apart; 0 while unknown. */
  uniformLoss: z.number(),
  /** What is going on, and what to do about it. */
  diagnosis: z.object({ isTrouble: z.boolean(), text: z.string() }).optional(),
  problem: z.string().optional(),
  settings: z.array(described),
  results: z.array(described),
});
export type ShownRun = z.output<typeof runSchema>;
/** The runs that are shown, whenever something about them has changed. */
export const runsSchema = z.array(runSchema).max(MOST_RUNS);
export const shownRuns: NotificationType<ShownRun[]> = { method: 'curves/runs' };

const buffer = z.instanceof(ArrayBuffer);
export const pointsSchema = z.object({
  dir: z.string(),
  curves: z.array(
    z.object({
      /** Point that the first value belongs to: it and all after it take the place of what was there. */
      from: z.int().min(0).max(MOST_POINTS),
      /** Columns of one length, Float64Array, by name; NaN where nothing was measured. */
      columns: z.record(z.string(), buffer),
    }),
  ),
});
export type Points = z.output<typeof pointsSchema>;
/** What is new in one run's curves. */
export const points: NotificationType<Points> = { method: 'curves/points' };

/** Asks where to, and writes all that was measured, every step of it. */
export const saveTable: NotificationType<void> = { method: 'curves/saveTable' };

export const pictureSchema = z.object({ png: buffer });
export const savePicture: NotificationType<z.output<typeof pictureSchema>> = { method: 'curves/savePicture' };

/** What the page keeps for itself, and VS Code gives back after a reload. */
export const curvesStateSchema = z.object({ dirs: z.array(z.string()).max(MOST_RUNS) });
