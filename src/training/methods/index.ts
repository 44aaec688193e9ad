/** The methods that runs are trained by. */
import type { Settings } from '../../settings/settings.js';
import { trainedDino } from './dino.js';
import type { TrainedMethod } from './trainedMethod.js';

/** The method that a run's settings ask for. There is but one, so no setting names it yet. */
export const trainedMethodOf = (_settings: Settings): TrainedMethod => trainedDino;
