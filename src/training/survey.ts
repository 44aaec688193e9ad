import { describeLeftOut } from '../data/leftOut.js';
import { openData } from '../data/modalities/index.js';
import type { SurveyAnswer } from '../protocol/worker.js';
import { choosePreset } from '../settings/presets.js';
import { medianImageSize } from './prepare.js';

/** Looks at a data set before anything is decided. @throws Error when there is no image */
export async function surveyData(path: string): Promise<SurveyAnswer> {
  const dataset = await openData(path);
  const medianSize = await medianImageSize(dataset);
  const leftOut = describeLeftOut(dataset.leftOut);
  return {
    images: dataset.size,
    ...(medianSize && { medianSize }),
    preset: choosePreset(dataset.size, medianSize),
    ...(leftOut !== undefined && { leftOut }),
  };
}
