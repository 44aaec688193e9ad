/** Exports of this program that standard names alone do not tell: their metadata do. */
import { aboutFile } from '../openFile.js';
import { habitsIn, tellsHabits } from '../toldHabits.js';
import { FIRST_VIT_TENSOR, vitDialect } from './vitDialect.js';

export const dinoLab = vitDialect({
  name: 'DINO Lab',
  firstTensor: FIRST_VIT_TENSOR,
  hasMaskToken: true,
  recognizes: ({ file }) => tellsHabits(file.metadata),
  standardName: (name) => name,
  habits: ({ file }) => {
    try {
      return habitsIn(file.metadata);
    } catch (error) {
      throw aboutFile(file.path, error);
    }
  },
});
