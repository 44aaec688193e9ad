/** Folders of the form of `segmentation`: masks that keep a share of the attention, and how well they meet a truth. */
import type { Kind } from '../../kind.js';
import { givenMasks, givenMasksCount } from './given.js';
import { readSegmentation } from './reference.js';
import { replay, replayCount } from './replay.js';
import { scores, scoresCount } from './scores.js';

export const segmentation: Kind = {
  name: 'segmentation',
  tellBy: 'an expected.json with pictures and given',
  recognizes: (json) => ['pictures', 'given'].every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const reference = readSegmentation(dir, file, json);
    return {
      leftOut: reference.leftOut,
      precisions: ['float32'],
      *withoutEngine() {
        yield* givenMasks(reference);
        yield* scores(reference);
      },
      on: (engine) => replay(engine, reference),
      count: () => ({
        withoutEngine: givenMasksCount(reference) + scoresCount(reference),
        on: replayCount(reference),
      }),
    };
  },
};
