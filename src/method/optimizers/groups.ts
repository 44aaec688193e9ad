/** The groups of parameters that are updated alike. */
import type { TensorSpec } from '../../program/program.js';

export interface ParameterGroup {
  /** Of its coefficients among the step's inputs. */
  readonly name: string;
  readonly isDecayed: boolean;
  /** What the learning rate is multiplied by. */
  readonly lrScale: number;
  /** Whether it starts later than the others (`freeze_last_layer`). */
  readonly startsLater: boolean;
}

/** How a method's parameters are grouped. */
export interface ParameterGroups {
  /** In the order of the step's inputs. */
  readonly all: readonly ParameterGroup[];
  /** @param name within the network: `backbone.…`, `head.…` */
  of(name: string, spec: TensorSpec): ParameterGroup;
}

const DECAYED: ParameterGroup = { name: 'decayed', isDecayed: true, lrScale: 1, startsLater: false };
const PLAIN: ParameterGroup = { name: 'plain', isDecayed: false, lrScale: 1, startsLater: false };
/** It stands apart since it starts later (`cancel_gradients_last_layer`). */
const LAST_LAYER: ParameterGroup = { name: 'last_layer', isDecayed: true, lrScale: 1, startsLater: true };

/** Biases and other one-dimensional parameters are not decayed; cls_token and pos_embed are. */
export const isDecayed = (name: string, rank: number): boolean => !name.endsWith('.bias') && rank > 1;

/** The original's (utils.py, `get_params_groups`). */
export const ORIGINAL_GROUPS: ParameterGroups = {
  all: [DECAYED, PLAIN, LAST_LAYER],
  of: (name, { shape }) => {
    if (name.startsWith('head.last_layer.')) return LAST_LAYER;
    return isDecayed(name, shape.length) ? DECAYED : PLAIN;
  },
};
