/** vturrisi/solo-learn: timm's networks in a Lightning module, as `backbone` and `momentum_backbone` (older: `encoder`). */
import { entriesOf } from '../pickle/values.js';
import { TIMM_HABITS, timmName } from './timm.js';
import { FIRST_VIT_TENSOR, vitDialect } from './vitDialect.js';

export const soloLearn = vitDialect({
  name: 'solo-learn',
  firstTensor: FIRST_VIT_TENSOR,
  recognizes: ({ file, prefix }) =>
    entriesOf(file.root)?.has('pytorch-lightning_version') === true &&
    /^(?:momentum_)?(?:backbone|encoder)\.$/.test(prefix),
  standardName: timmName,
  habits: () => TIMM_HABITS,
});
