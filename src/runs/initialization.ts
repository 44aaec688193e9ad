import { z } from 'zod';
import { provenanceSchema } from './importedRecord.js';

/** The weights that a run started from, in its record. */
export const initializationSchema = provenanceSchema.extend({
  /** Whether the projection head came with them. */
  head: z.enum(['new', 'kept']),
});
export type Initialization = Readonly<z.output<typeof initializationSchema>>;
