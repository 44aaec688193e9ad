/** facebookresearch/deit, and the scripts that keep a network as it does, such as MAE's: timm's names under `model`. */
import { UNSHIFTED_POSITIONS } from '../../method/backbones/vit/lineages.js';
import { entriesOf } from '../pickle/values.js';
import { withGains } from './gains.js';
import { FIRST_VIT_TENSOR, vitDialect } from './vitDialect.js';

export const deit = vitDialect({
  name: 'DeiT',
  firstTensor: FIRST_VIT_TENSOR,
  recognizes: ({ name, file, backbone }) => {
    const model = entriesOf(entriesOf(file.root)?.get('args'))?.get('model');
    if (typeof model === 'string') return model.startsWith('deit');
    return name === 'model' && (backbone.has('head.weight') || backbone.has('dist_token'));
  },
  standardName: withGains,
  // Its script resizes them before a training at another resolution (main.py).
  habits: () => ({ positions: UNSHIFTED_POSITIONS, normEps: 1e-6 }),
});
