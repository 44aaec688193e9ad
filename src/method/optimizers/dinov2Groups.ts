import type { Backbone } from '../backbone.js';
import { isDecayed, type ParameterGroup, type ParameterGroups } from './groups.js';

/** How the learning rate falls from layer to layer. */
export interface LayerRates {
  /** What the rate of a layer is multiplied by, from one to the next below; 1: all learn alike. */
  readonly decay: number;
  /** What the rate of the patch embedding is multiplied by, besides. */
  readonly patchEmbed: number;
}

/**
 * The groups of DINOv2 (param_groups.py, `get_params_groups_with_decay`): layer 0 is what comes before the first block, the last one the
 * final norm and the heads, whose rate is the run's. Tokens and positions are decayed, as are the norms of prototypes.
 */
export function dinov2Groups(
  { layers, layerOf }: Pick<Backbone, 'layers' | 'layerOf'>,
  { decay, patchEmbed }: LayerRates,
): ParameterGroups {
  const both = (name: string, lrScale: number): Pair => ({
    decayed: { name: `${name}_decayed`, isDecayed: true, lrScale, startsLater: false },
    plain: { name: `${name}_plain`, isDecayed: false, lrScale, startsLater: false },
  });
  const byLayer = Array.from({ length: layers + 1 }, (_, layer) => both(`layer${layer}`, decay ** (layers - layer)));
  const embedding = both('patch_embed', decay ** layers * patchEmbed);
  const lastLayer: ParameterGroup = { name: 'last_layer', isDecayed: true, lrScale: 1, startsLater: true };
  return {
    all: [...[...byLayer, embedding].flatMap(({ decayed, plain }) => [decayed, plain]), lastLayer],
    of: (name, { shape }) => {
      if (/^(?:ibot_)?head\.last_layer\./.test(name)) return lastLayer;
      const own = name.startsWith(BACKBONE) ? name.slice(BACKBONE.length) : undefined;
      const layer = own === undefined ? layers : layerOf(own);
      const pair = own?.startsWith('patch_embed.') ? embedding : byLayer[layer];
      if (pair === undefined) throw new Error(`The parameter ${name} lies in layer ${layer} of ${layers}.`);
      return isDecayed(name, shape.length) ? pair.decayed : pair.plain;
    },
  };
}

type Pair = Readonly<Record<'decayed' | 'plain', ParameterGroup>>;

const BACKBONE = 'backbone.';
