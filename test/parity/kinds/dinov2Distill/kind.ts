/** Folders of the form of `dinov2-distill`: training steps of a student, with a frozen larger teacher. */
import { exact } from '../../difference.js';
import type { Kind } from '../../kind.js';
import { MASK_TOKEN, readDinov2Distill } from './reference.js';
import { countOf, replay } from './replay.js';

export const dinov2Distill: Kind = {
  name: 'dinov2-distill',
  tellBy: 'an expected.json with steps, and a config with student and teacher',
  recognizes: ({ config, steps }) =>
    Array.isArray(steps) &&
    typeof config === 'object' &&
    config !== null &&
    ['student', 'teacher'].every((key) => Object.hasOwn(config, key)),
  read: (dir, file, json) => {
    const folder = readDinov2Distill(dir, file, json);
    return {
      leftOut: folder.leftOut,
      precisions: ['float32'],
      *withoutEngine() {
        // Our student has none.
        const [start, end] = (['student_initial', 'student_final'] as const).map((of) => folder.get(of, MASK_TOKEN));
        yield exact('the original trains no mask token', start?.data.join() === end?.data.join());
        const { data } = folder.get('gradients_step0', MASK_TOKEN);
        yield exact(
          'the mask token has no gradient',
          data.every((value) => value === 0),
        );
      },
      on: (engine) => replay(engine, folder),
      count: () => ({ withoutEngine: 2, on: countOf(folder) }),
    };
  },
};
