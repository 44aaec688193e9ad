/** Every optimizer, by its name. */
import { adamw } from './adamw.js';
import { lars } from './lars.js';
import type { Optimizer } from './optimizer.js';
import { sgd } from './sgd.js';

export const OPTIMIZERS = { adamw, sgd, lars } satisfies Readonly<Record<string, Optimizer>>;

export type OptimizerName = keyof typeof OPTIMIZERS;

export const optimizerOf = (name: OptimizerName): Optimizer => OPTIMIZERS[name];
