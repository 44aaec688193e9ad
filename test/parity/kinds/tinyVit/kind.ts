import type { Kind } from '../../kind.js';
import { readTinyVit } from './reference.js';
import { replay } from './replay.js';
import { replayWithoutEngine } from './withoutEngine.js';

const KEYS = ['config', 'steps', 'schedules', 'knn'];

export const tinyVit: Kind = {
  name: 'training',
  tellBy: 'an expected.json with config, steps, schedules and knn',
  recognizes: (json) => KEYS.every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const reference = readTinyVit(dir, file, json);
    const { leftOut, expected, outputs, final } = reference;
    return {
      leftOut,
      precisions: ['float32', 'tf32', 'bfloat16'],
      withoutEngine: () => replayWithoutEngine(reference),
      on: (engine, precision) => replay(engine, reference, precision),
      count: (precision) => {
        const exactOnly = Object.keys(outputs.tensors).filter((name) => name.startsWith('mask_'));
        const rates = expected.config.drop_path > 0 ? expected.config.depth : 0;
        const weights = [final.student, final.teacher].flatMap(({ tensors }) => Object.keys(tensors));
        return {
          withoutEngine: Object.keys(expected.schedules).length + rates + 2 * Object.keys(expected.knn).length + 1,
          on:
            Object.keys(outputs.tensors).length -
            (precision === 'float32' ? 0 : exactOnly.length) +
            expected.steps.length +
            weights.length,
        };
      },
    };
  },
};
