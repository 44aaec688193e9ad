/** facebookresearch/dino: the names that timm and many others have taken over, so it reads whatever says of nobody else to be theirs. */
import { DINO_POSITIONS } from '../../method/backbones/vit/lineages.js';
import { namedVit } from '../../method/backbones/vit/namedVits.js';
import { entriesOf } from '../pickle/values.js';
import type { NamedStored } from '../storedSpecs.js';
import { withGains } from './gains.js';
import { FIRST_VIT_TENSOR, vitDialect } from './vitDialect.js';

export const dino = vitDialect({
  name: 'DINO',
  firstTensor: FIRST_VIT_TENSOR,
  recognizes: () => true,
  isLastResort: true,
  standardName: withGains,
  habits: ({ file }, tensors) => ({
    positions: DINO_POSITIONS,
    normEps: 1e-6,
    numHeads: headsOfArguments(file.root, tensors),
  }),
});

/** By `args.arch`, which the scripts of DINO and iBOT save: of a network of another width it tells nothing. */
export function headsOfArguments(root: unknown, tensors: NamedStored): number | undefined {
  const arch = entriesOf(entriesOf(root)?.get('args'))?.get('arch');
  const named = typeof arch === 'string' ? namedVit(arch) : undefined;
  return named?.embedDim === tensors[FIRST_VIT_TENSOR]?.shape[0] ? named?.numHeads : undefined;
}
