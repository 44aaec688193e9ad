/** Descriptors for finding copies in an index that follows a folder: as they are, neither whitened nor of length 1. */
import { keyOf } from '../../files/derivedFiles.js';
import type { Computing } from '../evaluation.js';
import { networkIdentity } from '../networkIdentity.js';
import { requireVit } from '../requireVit.js';
import type { IndexedBy } from '../retrieval/folderIndex.js';
import { CopyDescriptors, copySize } from './describe.js';

/** @param side of the square that images are resized to, in pixels @throws Error with one sentence for a network without patches */
export function indexedCopies(by: Computing, side?: number): IndexedBy {
  const used = side ?? copySize(requireVit(by.network, 'patches'));
  return {
    identity: keyOf(['copies', networkIdentity(by.network), used]),
    describe: async () => new CopyDescriptors(by, used),
  };
}
