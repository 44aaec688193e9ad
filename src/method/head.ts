/** What every head is to the methods: it maps a backbone's features to what the loss compares. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Parameters } from '../program/lookup.js';
import type { NamedSpecs, NamedTensors } from '../program/program.js';
import type { Pass } from './backbone.js';
import type { Initial } from './initial.js';

export interface Head {
  /** In the original's names and order. */
  readonly parameters: NamedSpecs;
  readonly buffers: NamedSpecs;
  /** The parameters that training never changes. */
  readonly fixed: readonly string[];
  /** How a parameter or buffer starts. @throws Error for a name that it does not have */
  initial(name: string): Initial;
  /** Features [rows, dim] -> [rows, outputs]. */
  forward(get: Parameters, features: Tensor2D, pass: Pass): Projection;
}

export interface Projection {
  /** [rows, outputs] */
  readonly outputs: Tensor2D;
  /** The buffers that this pass has moved, by name: only in training. */
  readonly buffers?: NamedTensors;
}
