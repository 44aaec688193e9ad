/** Every evaluation, in the order of the help. */
import type { Evaluation } from '../evaluation.js';
import { knn } from './knn.js';

export const EVALUATIONS: readonly Evaluation[] = [knn];
