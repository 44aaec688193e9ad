import type { ImageDataset } from '../data/dataset.js';
import { describeLeftOut } from '../data/leftOut.js';
import type { ProgressLine } from './terminal.js';

/** Says what lies in a data set's folder and is not read. */
export function noteLeftOut(line: ProgressLine, { path, leftOut }: ImageDataset): void {
  const description = describeLeftOut(leftOut);
  if (description !== undefined) line.note(`warn: left out of ${path}: ${description}`);
}
