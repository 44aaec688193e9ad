/** What the page of curves keeps over hiding and reloading. */
import { z } from 'zod';
import { curvesStateSchema, tableLookSchema } from '../../src/protocol/curves.js';
import { PersistedState } from '../shared/host.js';
import { X_AXES } from './columns.js';

const stateSchema = curvesStateSchema.extend({
  /** Names of the metrics that are drawn; absent while nobody has chosen. */
  shown: z.array(z.string()).optional(),
  /** Runs that are not drawn. */
  hidden: z.array(z.string()),
  axis: z.enum(X_AXES),
  isLogarithmic: z.boolean(),
  smoothing: z.number().min(0).lt(1),
  onlyDifferent: z.boolean(),
  /** The part of the x axis that is shown; absent: all of it. */
  view: z.object({ from: z.number(), to: z.number() }).optional(),
  /** Absent while it was not changed here: then it looks as the last one did. */
  table: tableLookSchema.optional(),
  filter: z.string(),
  strip: z.object({
    step: z.int().min(0).optional(),
    head: z.union([z.literal('mean'), z.int().min(0)]),
    opacity: z.number().min(0).max(1),
    isOpen: z.boolean().optional(),
    isEmbedded: z.boolean(),
  }),
  /** Drawers that are open, besides the attention's. */
  open: z.array(z.string()),
});
export type CurvesState = z.output<typeof stateSchema>;

export const state = new PersistedState(stateSchema, {
  dirs: [],
  hidden: [],
  axis: 'step',
  isLogarithmic: false,
  smoothing: 0.9,
  onlyDifferent: true,
  filter: '',
  strip: { head: 'mean', opacity: 0.6, isEmbedded: false },
  open: [],
});
