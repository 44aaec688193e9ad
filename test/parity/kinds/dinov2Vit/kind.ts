/** Folders of the form of `dinov2-vit`: DINOv2's backbone alone. */
import { exact } from '../../difference.js';
import type { Kind } from '../../kind.js';
import { readDinov2Vit } from './reference.js';
import { replay } from './replay.js';

export const dinov2Vit: Kind = {
  name: 'dinov2-vit',
  tellBy: 'an expected.json with cases, each with embed_dim and num_heads',
  recognizes: ({ cases }) =>
    typeof cases === 'object' &&
    cases !== null &&
    Object.values(cases).every(
      (one: unknown) => typeof one === 'object' && one !== null && 'embed_dim' in one && 'num_heads' in one,
    ),
  read: (dir, file, json) => {
    const reference = readDinov2Vit(dir, file, json);
    const { cases, leftOut } = reference;
    const compared = cases.reduce((sum, { asked, gradients }) => sum + asked.length + gradients.length, 0);
    return {
      leftOut,
      precisions: ['float32'],
      withoutEngine: () =>
        cases.map(({ name, unused }) =>
          exact(`parameters of ${name}`, unused.length === 0, unused.join(', ') || undefined),
        ),
      on: (engine) => replay(engine, reference),
      count: () => ({ withoutEngine: cases.length, on: compared }),
    };
  },
};
