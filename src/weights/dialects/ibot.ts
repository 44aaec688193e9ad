/** bytedance/ibot: DINO's code and names with LayerScale, a mask token, and a head of two parts. */
import { DINO_POSITIONS } from '../../method/backbones/vit/lineages.js';
import { entriesOf } from '../pickle/values.js';
import { headsOfArguments } from './dino.js';
import { withGains } from './gains.js';
import { FIRST_VIT_TENSOR, vitDialect } from './vitDialect.js';

export const ibot = vitDialect({
  name: 'iBOT',
  firstTensor: FIRST_VIT_TENSOR,
  recognizes: ({ file, backbone, head }) =>
    entriesOf(file.root)?.has('ibot_loss') === true ||
    backbone.has('masked_embed') ||
    [...head.keys()].some((name) => /^(?:last_layer|mlp)2\./.test(name)),
  standardName: withGains,
  habits: ({ file }, tensors) => ({
    positions: DINO_POSITIONS,
    normEps: 1e-6,
    numHeads: headsOfArguments(file.root, tensors),
  }),
});
