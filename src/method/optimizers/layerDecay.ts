/** Layer-wise decay of the learning rate: what lies deeper in a trained network needs to change less (BEiT, arXiv 2106.08254). */
import type { Backbone } from '../backbone.js';
import type { ParameterGroup, ParameterGroups } from './groups.js';

/** timm's `no_weight_decay` of a ViT, which BEiT's and MAE's fine-tuning leave undecayed besides one-dimensional parameters. */
const UNDECAYED = /\.(?:cls_token|pos_embed|register_tokens|mask_token)$/;

/**
 * The groups of MAE's fine-tuning (util/lr_decay.py, `param_groups_lrd`): layer 0 is what comes before the first block, layer i block i,
 * and the last one the final norm and the head, whose rate is the run's. Each layer below has `decay` times the rate of the one above it.
 * @param decay above 0, at most 1
 */
export function layerDecayGroups(
  { layers, layerOf }: Pick<Backbone, 'layers' | 'layerOf'>,
  decay: number,
): ParameterGroups {
  const group = (layer: number, isDecayed: boolean): ParameterGroup => ({
    name: `layer${layer}_${isDecayed ? 'decayed' : 'plain'}`,
    isDecayed,
    lrScale: decay ** (layers - layer),
    startsLater: false,
  });
  const byLayer = Array.from({ length: layers + 1 }, (_, layer) => ({
    decayed: group(layer, true),
    plain: group(layer, false),
  }));
  return {
    all: byLayer.flatMap(({ decayed, plain }) => [decayed, plain]),
    of: (name, { shape }) => {
      const layer = name.startsWith(BACKBONE) ? layerOf(name.slice(BACKBONE.length)) : layers;
      const groups = byLayer[layer];
      if (groups === undefined) throw new Error(`The parameter ${name} lies in layer ${layer} of ${layers}.`);
      return shape.length > 1 && !UNDECAYED.test(name) ? groups.decayed : groups.plain;
    },
  };
}

const BACKBONE = 'backbone.';
