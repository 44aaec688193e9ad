/** What the page keeps over being hidden and over a reload of the window. */
import { z } from 'zod';
import { videoStateSchema } from '../../src/protocol/videoPanel.js';
import { PersistedState } from '../shared/host.js';

const stateSchema = videoStateSchema.extend({
  /** The checkpoint that was chosen here. */
  checkpoint: z.string().optional(),
  numHeads: z.int().min(1).optional(),
  /** What was chosen elsewhere when the page last heard of it. */
  chosen: z.string().optional(),
  shortSide: z.int().min(32),
  opacity: z.number().min(0).max(1),
  isMasked: z.boolean(),
  isDrawerOpen: z.boolean(),
  /** The person has stopped the work: it does not begin by itself. */
  isStopped: z.boolean(),
});

export const state = new PersistedState(stateSchema, {
  ...{ shortSide: 480, opacity: 0.6, isMasked: true, isDrawerOpen: false, isStopped: false },
});
