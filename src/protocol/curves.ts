/** What the host and the page of curves say to each other. Both check what they get. */
import type { NotificationType } from 'vscode-messenger-common';
import { z } from 'zod';
import { METRIC_GROUPS, type MetricSpec } from '../metrics/metricSpec.js';

/** More runs cannot be told apart in one chart. */
export const MOST_RUNS = 7;
/** Points of a curve that are sent at most, however long the run is. */
export const MOST_POINTS = 1500;

/** The page has loaded (again, after having been hidden): it wants everything. */
export const pageReady: NotificationType<void> = { method: 'curves/ready' };

const described = z.object({
  /** What it is called in every language. */
  key: z.string(),
  label: z.string(),
  value: z.string(),
  /** What it is sorted by, where the words would mislead. */
  order: z.number().optional(),
});

/** What the page has to know of a metric that is drawn. */
export type ShownMetric = Pick<MetricSpec, 'name' | 'title' | 'unit' | 'format' | 'meaning' | 'group'> & {
  /** Whether it is drawn before anybody has chosen. */
  readonly isDrawn: boolean;
  /** Whether its newest value is a result of the run, which a table of runs has a column for at once or when it is chosen. */
  readonly result?: 'shown' | 'offered' | undefined;
  readonly isExact: boolean;
};
const metricSchema: z.ZodType<ShownMetric> = z.object({
  name: z.string().max(200),
  title: z.string(),
  unit: z.string(),
  format: z.union([z.int().min(0).max(20), z.literal('exponential')]),
  meaning: z.string(),
  group: z.enum(METRIC_GROUPS),
  isDrawn: z.boolean(),
  result: z.enum(['shown', 'offered']).optional(),
  isExact: z.boolean(),
});

const runSchema = z.object({
  /** Its folder, which names it in all messages. */
  dir: z.string(),
  name: z.string(),
  /** Which color, dashes and marker it is drawn with: no two of the runs that are shown have the same. */
  look: z
    .int()
    .min(0)
    .max(MOST_RUNS - 1),
  /** How far it came and how fast it goes. */
  description: z.string(),
  stepsPerEpoch: z.number(),
  batchSize: z.number(),
  /** ln K, the loss of a network that tells nothing apart; 0 while unknown. */
  uniformLoss: z.number(),
  /** What is going on, and what to do about it. */
  diagnosis: z.object({ isTrouble: z.boolean(), text: z.string() }).optional(),
  problem: z.string().optional(),
  /** What may be drawn, in the order in which it is offered. */
  metrics: z.array(metricSchema),
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

export const openAttentionSchema = z.object({ dir: z.string(), step: z.int().min(0) });
/** Looks into a checkpoint: the attention of an image by its network. */
export const openAttention: NotificationType<z.output<typeof openAttentionSchema>> = { method: 'curves/openAttention' };

/** Asks where to, and writes all that was measured, every step of it. */
export const saveTable: NotificationType<void> = { method: 'curves/saveTable' };
/** Asks where to, and writes a row a run: how it stands, what came out, all settings. */
export const saveRuns: NotificationType<void> = { method: 'curves/saveRuns' };

export const imageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('png'), png: buffer }),
  z.object({ kind: z.literal('svg'), svg: z.string() }),
]);
export const saveImage: NotificationType<z.output<typeof imageSchema>> = { method: 'curves/saveImage' };

/** Which step of each run the table tells of: its newest, its best (the lowest loss), or where the curves are read. */
export const TABLE_PLACES = ['newest', 'best', 'read'] as const;
export const tableLookSchema = z.object({
  /** Ids of the columns, in their order. */
  columns: z.array(z.string().max(200)).max(100),
  sort: z.object({ column: z.string().max(200), isDescending: z.boolean() }).optional(),
  place: z.enum(TABLE_PLACES),
});
export type TableLook = z.output<typeof tableLookSchema>;
/** To the page: how a table was last made to look, for one that has not been changed itself. To the host: how it looks now. */
export const tableLook: NotificationType<TableLook> = { method: 'curves/tableLook' };

/** What the page keeps for itself, and VS Code gives back after a reload. */
export const curvesStateSchema = z.object({ dirs: z.array(z.string()).max(MOST_RUNS) });
