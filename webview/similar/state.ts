/** What the page keeps over being hidden and over a reload of the window. */
import { z } from 'zod';
import { similarStateSchema } from '../../src/protocol/similarPanel.js';
import { PersistedState } from '../shared/host.js';

const stateSchema = similarStateSchema.extend({
  /** The checkpoint that was chosen here. */
  checkpoint: z.string().optional(),
  numHeads: z.int().min(1).optional(),
  /** What was chosen elsewhere when the page last heard of it. */
  chosen: z.string().optional(),
  isAttending: z.boolean(),
});

export const state = new PersistedState(stateSchema, { isAttending: false });
