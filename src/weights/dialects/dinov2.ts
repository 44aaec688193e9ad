/** facebookresearch/dinov2, and what is built on its code, such as lightly-train's. */
import { ANTIALIASED_POSITIONS, DINO_POSITIONS } from '../../method/backbones/vit/lineages.js';
import { FIRST_VIT_TENSOR, vitDialect } from './vitDialect.js';

/** Where a training splits the blocks into chunks, a block's number still counts through all of them: `blocks.{chunk}.{block}.`. */
const CHUNKED = /^blocks\.\d+\.(\d+)\./;

export const dinov2 = vitDialect({
  name: 'DINOv2',
  firstTensor: FIRST_VIT_TENSOR,
  hasMaskToken: true,
  recognizes: ({ backbone }) =>
    [...backbone.keys()].some((name) => CHUNKED.test(name)) ||
    backbone.has('register_tokens') ||
    (backbone.has('mask_token') && [...backbone.keys()].some((name) => name.endsWith('.ls1.gamma'))),
  standardName: (name) => name.replace(CHUNKED, 'blocks.$1.'),
  // As hub/backbones.py builds the released networks: the ones with registers resize positions by another rule.
  habits: (_, tensors) => ({
    positions: tensors['register_tokens'] ? ANTIALIASED_POSITIONS : DINO_POSITIONS,
    normEps: 1e-6,
  }),
});
