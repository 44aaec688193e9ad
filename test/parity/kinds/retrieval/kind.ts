/** Folders of the form of `retrieval`: the protocol of Oxford and Paris, and descriptors from several sizes of an image. */
import type { Kind } from '../../kind.js';
import { multiScale, multiScaleCount, resized, resizedCount } from './multiScale.js';
import { protocol, protocolCount } from './protocol.js';
import { readRetrieval } from './reference.js';

export const retrieval: Kind = {
  name: 'retrieval',
  tellBy: 'an expected.json with gnd and multi_scale',
  recognizes: (json) => ['gnd', 'multi_scale'].every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const reference = readRetrieval(dir, file, json);
    return {
      leftOut: reference.leftOut,
      precisions: ['float32'],
      *withoutEngine() {
        yield* protocol(reference);
        yield* resized(reference);
      },
      on: (engine) => multiScale(engine, reference),
      count: () => ({
        withoutEngine: protocolCount(reference) + resizedCount(reference),
        on: multiScaleCount(reference),
      }),
    };
  },
};
