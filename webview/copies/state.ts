/** What the page keeps over being hidden and over a reload of the window. */
import { z } from 'zod';
import { copiesStateSchema } from '../../src/protocol/copiesPanel.js';
import { PersistedState } from '../shared/host.js';

const stateSchema = copiesStateSchema.extend({
  /** The checkpoint that was chosen here. */
  checkpoint: z.string().optional(),
  numHeads: z.int().min(1).optional(),
  /** What was chosen elsewhere when the page last heard of it. */
  chosen: z.string().optional(),
  threshold: z.number().min(0.5).max(1),
});

export const state = new PersistedState(stateSchema, { threshold: 0.95 });
