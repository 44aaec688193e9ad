/** A fine-tuning on labels. */
import { viewsNamed } from '../../data/batch.js';
import { dropPathScales } from '../../method/layers/dropPath.js';
import { finetune } from '../../method/methods/finetune.js';
import { FINE_TUNING_METRICS } from '../../metrics/fineTuning.js';
import { classifierSpec, dropPathRate } from '../../settings/specs.js';
import type { TrainedMethod } from './trainedMethod.js';

export const trainedFinetune: TrainedMethod<(typeof FINE_TUNING_METRICS)[number]> = {
  metrics: FINE_TUNING_METRICS,
  evaluated: 'classifier',
  comparesImages: false,

  method: (settings) =>
    finetune({
      ...classifierSpec(settings),
      smoothing: settings.smoothing,
      layerDecay: settings.layer_decay,
      dropPath: dropPathRate(settings) > 0,
    }),

  schedule: () => ({
    frozenSteps: 0,
    // No network is the average of another.
    plan: () => ({ teacherMomentum: 1, ofMethod: {}, metrics: {} }),
  }),

  inputs: (settings, step, views) => {
    const { batch_size: samples, num_labels, depth, seed } = settings;
    const rate = dropPathRate(settings);
    return {
      images: viewsNamed(views, 'images'),
      targets: oneHot(viewsNamed(views, LABELS), num_labels),
      ...(rate > 0 && { drop_path: dropPathScales(seed, step, { depth, rate, samples }).data }),
    };
  },
};

/** Among the views of a batch the class of each item, [1, batch]. */
export const LABELS = 'labels';

/** [batch, classes] */
function oneHot(labels: Float32Array, classes: number): Float32Array {
  const targets = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    if (!(label >= 0 && label < classes)) throw new Error(`an image of the batch has the class ${label} of ${classes}`);
    targets[row * classes + label] = 1;
  });
  return targets;
}
