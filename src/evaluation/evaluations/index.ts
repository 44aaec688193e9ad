/** Every evaluation, in the order of the help. */
import type { Evaluation } from '../evaluation.js';
import { copies } from './copies.js';
import { knn } from './knn.js';
import { knnRegression } from './knnRegression.js';
import { linear } from './linear.js';
import { retrieval } from './retrieval.js';
import { video } from './video.js';

export const EVALUATIONS: readonly Evaluation[] = [knn, knnRegression, linear, retrieval, copies, video];
