/** What of a prepared run counts for its memory, beside its settings. */
import { itemsOf, type Preparation } from '../prepare.js';
import type { DataSize } from './memory.js';

export function dataSizeOf(preparation: Preparation): DataSize {
  const { medianSize, outputs } = preparation;
  return {
    images: itemsOf(preparation),
    medianSize,
    ...(outputs !== undefined && outputs.missing.length > 0 && { isTeacherFirst: true }),
  };
}
