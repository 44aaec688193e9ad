/** What the attention page keeps over hiding and reloading. */
import { z } from 'zod';
import { attentionStateSchema } from '../../src/protocol/attentionPanel.js';
import { COLOR_MAPS } from '../shared/attentionOverlay.js';
import { PersistedState } from '../shared/host.js';

const part = z.number().min(0).max(1);
export const stateSchema = attentionStateSchema.extend({
  look: z.enum(['attention', 'patches']),
  /** Whose attention is shown without a pointer, from 0; absent: the CLS token's. */
  register: z.int().min(0).optional(),
  /** Of the patches' colors. */
  isForegroundOnly: z.boolean(),
  head: z.union([z.literal('mean'), z.int().min(0)]),
  /** Absent: as fine as is answered soon. */
  resolution: z.union([z.int(), z.literal('trained')]).optional(),
  numHeads: z.int().optional(),
  /** Absent: the last one. */
  block: z.int().optional(),
  kind: z.enum(['heat', 'mask']),
  opacity: part,
  share: z.number().gt(0).max(1),
  colorMap: z.enum(COLOR_MAPS),
  isSmooth: z.boolean(),
  isOutlined: z.boolean(),
  /** Whose attention stays, wherever the pointer goes; absent: the CLS token's, unless the pointer is over the image. */
  pinned: z.object({ x: part, y: part }).optional(),
  /** Chosen here; absent: what the host says. */
  checkpoint: z.string().optional(),
  /** The run whose newest checkpoint is shown, where that was chosen here. */
  followed: z.string().optional(),
  isComparing: z.boolean(),
  compared: z.string().optional(),
  /** The part of the image that is left of the handle. */
  wipe: part,
  /** The part of the image that is in view; absent: all of it. */
  view: z.object({ k: z.number().min(1), x: z.number(), y: z.number() }).optional(),
  isDrawerOpen: z.boolean(),
  /** What the host last said. */
  chosen: z.string().optional(),
});

export const state = new PersistedState(stateSchema, {
  follows: false,
  look: 'attention',
  isForegroundOnly: false,
  head: 'mean',
  kind: 'heat',
  opacity: 0.6,
  // The original's, for segmentation.
  share: 0.6,
  colorMap: 'inferno',
  isSmooth: true,
  isOutlined: false,
  isComparing: false,
  wipe: 0.5,
  // It would take the image's place.
  isDrawerOpen: false,
});
