/** Folders of the form of `weights`: everybody's files. */
import type { Kind } from '../../kind.js';
import { countOfFiles, fileDifferences } from './files.js';
import { readFolder } from './folder.js';
import { countOfOutputs, leftOutOf, outputDifferences } from './outputs.js';

export const weights: Kind = {
  name: 'weights',
  tellBy: 'an expected.json with models and position_rules',
  recognizes: (json) => ['models', 'position_rules'].every((key) => Object.hasOwn(json, key)),
  read: (dir, file, json) => {
    const folder = readFolder(dir, file, json);
    return {
      leftOut: leftOutOf(folder),
      precisions: ['float32'],
      withoutEngine: () => fileDifferences(folder),
      on: (engine) => outputDifferences(engine, folder),
      count: () => ({ withoutEngine: countOfFiles(folder), on: countOfOutputs(folder) }),
    };
  },
};
