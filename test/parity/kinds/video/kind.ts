/** Folders of the form of `video`: labels carried through frames, and the scores of DAVIS. */
import type { Kind } from '../../kind.js';
import { davis, davisCount } from './davis.js';
import { ON_ENGINE, onEngine, propagation, propagationCount } from './propagation.js';
import { reading, readingCount } from './reading.js';
import { readVideo } from './reference.js';

export const video: Kind = {
  name: 'video',
  tellBy: 'an expected.json with runs, read and davis',
  recognizes: (json) => ['runs', 'read', 'davis'].every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const reference = readVideo(dir, file, json);
    return {
      leftOut: reference.leftOut,
      precisions: ['float32'],
      *withoutEngine() {
        yield* propagation(reference);
        yield* reading(reference);
        yield* davis(reference);
      },
      on: (engine) => onEngine(engine, reference),
      count: () => ({
        withoutEngine: propagationCount(reference) + readingCount(reference) + davisCount(reference),
        on: ON_ENGINE,
      }),
    };
  },
};
