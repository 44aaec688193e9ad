/** Exports of this program, whose metadata say what their tensors do not show. */
import { aboutFile } from '../openFile.js';
import { hasVitMetadata, readVitMetadata } from '../vitMetadata.js';
import { FIRST_VIT_TENSOR, vitDialect } from './vitDialect.js';

export const dinoLab = vitDialect({
  name: 'DINO Lab',
  firstTensor: FIRST_VIT_TENSOR,
  hasMaskToken: true,
  recognizes: ({ file }) => hasVitMetadata(file.metadata),
  standardName: (name) => name,
  habits: ({ file }) => {
    try {
      const { numHeads, ...habits } = readVitMetadata(file.metadata);
      return { ...habits, numHeads, headsSaidBy: `its metadata say numHeads ${numHeads}` };
    } catch (error) {
      throw aboutFile(file.path, error);
    }
  },
});
