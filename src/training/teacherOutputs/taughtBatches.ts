/** Batches with what the teacher makes of them, from disk: read while the step before is computed. */
import type { Batches } from '../../data/batches.js';
import type { OutputsFolder } from '../../runs/teacherOutputs/outputsFolder.js';
import type { Settings } from '../../settings/settings.js';
import { givenToTeacher } from './givenToTeacher.js';

export function taughtBatches(batches: Batches, settings: Settings, folder: OutputsFolder): Batches {
  const { iterationsPerEpoch } = batches;
  return {
    iterationsPerEpoch,
    get viewsPerSecond() {
      return batches.viewsPerSecond;
    },
    async next() {
      const batch = await batches.next();
      const step = batch.epoch * iterationsPerEpoch + batch.iteration;
      const outputs = await folder.read(step, givenToTeacher(settings, step, batch.views));
      return { ...batch, views: { ...batch.views, ...outputs } };
    },
    giveBack: (batch) => batches.giveBack(batch),
    close: () => batches.close(),
  };
}
