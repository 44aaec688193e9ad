/** Folders of the form of `copies`: descriptors of images, whitening, and the score of Copydays. */
import type { Kind } from '../../kind.js';
import { descriptors, descriptorsCount, imageDifferences } from './descriptors.js';
import { readCopies } from './reference.js';
import { search, searchCount } from './search.js';

export const copies: Kind = {
  name: 'copies',
  tellBy: 'an expected.json with names, runs and reduced',
  recognizes: (json) => ['names', 'runs', 'reduced'].every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const reference = readCopies(dir, file, json);
    return {
      leftOut: reference.leftOut,
      arbitrary: reference.arbitrary,
      precisions: ['float32'],
      *withoutEngine() {
        yield* imageDifferences(reference);
        yield* search(reference);
      },
      on: (engine) => descriptors(engine, reference),
      count: () => ({
        withoutEngine: reference.images.length + searchCount(reference),
        on: descriptorsCount(reference),
      }),
    };
  },
};
