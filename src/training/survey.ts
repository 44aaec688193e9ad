import { describeLeftOut } from '../data/leftOut.js';
import { openData } from '../data/modalities/index.js';
import type { SurveyAnswer } from '../protocol/worker.js';
import { presetsFor } from '../settings/presetChoice.js';
import { medianImageSize } from './prepare.js';

/** Looks at a data set before anything is decided. @throws Error when there is no image */
export async function surveyData(path: string): Promise<SurveyAnswer> {
  const dataset = await openData(path);
  const medianSize = await medianImageSize(dataset);
  const leftOut = describeLeftOut(dataset.leftOut);
  return {
    images: dataset.size,
    ...(medianSize && { medianSize }),
    preset: presetsFor(dataset.size, medianSize)[0],
    ...(leftOut !== undefined && { leftOut }),
  };
}
