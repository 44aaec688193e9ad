/** What the page keeps over being hidden and over a reload of the window. */
import { z } from 'zod';
import { choiceSchema, embeddingStateSchema, tableSchema } from '../../src/protocol/embeddingPanel.js';
import { PersistedState } from '../shared/host.js';
import { FOLDER } from './colorSource.js';
import { NOTHING_COVERED } from './room.js';

const stateSchema = embeddingStateSchema.extend({
  choice: choiceSchema,
  /** Checkpoints that were laid out, in that order. */
  visited: z.array(z.string()).default([]),
  /** As `colorSource.ts` says. */
  color: z.string(),
  /** Whether by what the images' neighbors would say. */
  isPredicted: z.boolean().default(false),
  table: tableSchema,
  hasThumbnails: z.boolean(),
  /** Of the slider, in checkpoints. */
  place: z.number().min(0).optional(),
  selected: z.array(z.int().min(0)),
  pinned: z.int().min(0).optional(),
  /** What is searched. */
  search: z.string(),
  /** The part of the plot that is in view; absent: all of it. */
  view: z.object({ k: z.number().gt(0), x: z.number(), y: z.number() }).optional(),
  /** What floated over it then. */
  covered: z
    .object({ bar: z.number().min(0), right: z.number().min(0), bottom: z.number().min(0) })
    .default(NOTHING_COVERED),
  isDrawerOpen: z.boolean(),
  isLegendOpen: z.boolean(),
});

export const state = new PersistedState(stateSchema, {
  shown: { kind: 'folder', path: '' },
  choice: { network: '', method: { kind: 'tsne', perplexity: 30, iterations: 1000 }, mostImages: 5000 },
  visited: [],
  color: FOLDER,
  isPredicted: false,
  table: null,
  hasThumbnails: true,
  selected: [],
  search: '',
  covered: NOTHING_COVERED,
  isDrawerOpen: false,
  // It would cover a narrow plot.
  isLegendOpen: window.innerWidth >= 560,
});
