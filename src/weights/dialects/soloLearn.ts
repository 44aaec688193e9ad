/** vturrisi/solo-learn: timm's networks in a Lightning module, as `backbone` and `momentum_backbone` (older: `encoder`). */
import { jsonBeside } from '../modelConfig.js';
import { entriesOf } from '../pickle/values.js';
import type { WeightsFile } from '../weightsFile.js';
import { TIMM_HABITS, timmName } from './timm.js';
import { FIRST_VIT_TENSOR, vitDialect } from './vitDialect.js';

/** Whether Lightning's trainer saved it. */
export const isOfLightning = ({ root }: WeightsFile): boolean =>
  entriesOf(root)?.has('pytorch-lightning_version') === true;

export const soloLearn = vitDialect({
  name: 'solo-learn',
  firstTensor: FIRST_VIT_TENSOR,
  recognizes: ({ file, prefix }) => isOfLightning(file) && /^(?:momentum_)?(?:backbone|encoder)\.$/.test(prefix),
  standardName: timmName,
  habits: ({ file }) => ({ ...TIMM_HABITS, numHeads: headsOfArguments(file.path) }),
});

/** By the arguments that its trainings write beside their checkpoints: `backbone.name`, in the first versions `encoder`. */
function headsOfArguments(path: string): number | undefined {
  const args = jsonBeside(path, 'args.json');
  if (args === undefined) return undefined;
  const { method, backbone, encoder } = args;
  if (typeof encoder === 'string') return HEADS.get(encoder);
  if (typeof backbone !== 'object' || backbone === null || !('name' in backbone)) return undefined;
  const heads = HEADS.get(String(backbone.name));
  // vit_mocov3.py and vit_mae.py have 12 heads in the small networks, too.
  return heads !== undefined && (method === 'mocov3' || method === 'mae') ? Math.max(heads, 12) : heads;
}

const HEADS: ReadonlyMap<string, number> = new Map([
  ['vit_tiny', 3],
  ['vit_small', 6],
  ['vit_base', 12],
  ['vit_large', 16],
  ['vit_huge', 16],
]);
