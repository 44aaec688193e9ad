/** The groups of parameters that are updated alike (utils.py, `get_params_groups`). */
import type { TensorSpec } from '../../program/program.js';

/** The last layer stands apart since it starts later (`cancel_gradients_last_layer`). */
export const GROUPS = ['decayed', 'plain', 'last_layer'] as const;
export type Group = (typeof GROUPS)[number];

/** Biases and other one-dimensional parameters are not decayed; cls_token and pos_embed are. */
export const isDecayed = (name: string, rank: number): boolean => !name.endsWith('.bias') && rank > 1;

export function groupOf(name: string, { shape }: TensorSpec): Group {
  if (name.startsWith('head.last_layer.')) return 'last_layer';
  return isDecayed(name, shape.length) ? 'decayed' : 'plain';
}
