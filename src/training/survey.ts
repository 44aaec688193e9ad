import { openDataset } from '../data/dataset.js';
import { describeLeftOut } from '../data/leftOut.js';
import type { SurveyAnswer } from '../protocol/worker.js';
import { choosePreset } from '../settings/presets.js';
import { medianPictureSize } from './prepare.js';

/** Looks at a data set before anything is decided. @throws Error when there is no picture */
export async function surveyData(path: string): Promise<SurveyAnswer> {
  const dataset = await openDataset(path);
  const pictureSize = await medianPictureSize(dataset);
  const leftOut = describeLeftOut(dataset.leftOut);
  return {
    images: dataset.size,
    ...(pictureSize && { pictureSize }),
    preset: choosePreset(dataset.size, pictureSize),
    ...(leftOut !== undefined && { leftOut }),
  };
}
