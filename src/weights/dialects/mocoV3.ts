/** facebookresearch/moco-v3: timm's VisionTransformer with fixed positions, and as a ViT-S with other heads (vits.py). */

import { isOfLightning } from './soloLearn.js';
import { TIMM_HABITS } from './timm.js';
import { FIRST_VIT_TENSOR, vitDialect } from './vitDialect.js';

/** By width; all others have heads of 64. */
const HEADS: ReadonlyMap<number, number> = new Map([
  [384, 12],
  [1280, 16],
]);

export const mocoV3 = vitDialect({
  name: 'MoCo v3',
  firstTensor: FIRST_VIT_TENSOR,
  // The first versions of solo-learn keep a `momentum_encoder`, too.
  recognizes: ({ file, prefix }) => /(?:^|\.)(?:base|momentum)_encoder\.$/.test(prefix) && !isOfLightning(file),
  standardName: (name) => name,
  habits: (_, tensors) => ({ ...TIMM_HABITS, numHeads: HEADS.get(tensors['cls_token']?.shape[2] ?? 0) }),
});
