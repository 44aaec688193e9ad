import type { SettingsPart } from '../part.js';
import { flag, whole } from '../values.js';

/** How many images a step has and how often all are seen, in which order, and which checkpoints stay. */
export const length = {
  fixed: {
    batch_size: whole(1, 65_536).default(64).describe('Images of a step.'),
    epochs: whole(1, 1_000_000).default(100).describe('Times that the data set is gone through.'),
    seed: whole(0, 4_294_967_295)
      .default(0)
      .describe('Seed of the weights, the order of the images, the crops and the drop path.'),
  },
  changeable: {
    saveckp_freq: whole(0, 1_000_000)
      .default(20)
      .describe('Keep a checkpoint every so many epochs; 0 keeps none but the last, which is always kept.'),
    checkpoints_mb: whole(0, 10_000_000)
      .default(2048)
      .describe(
        'Disk space, in MB, for checkpoints that show how the network learned: those of steps 10, 30, 100, 300 and so on, kept besides those of saveckp_freq. Where they need more, the ones closest together are deleted; 0 keeps none.',
      ),
    tensorboard: flag()
      .default(true)
      .describe(
        "Write the metrics, attention on four images and the embedding for TensorBoard into the run's folder, too: tensorboard --logdir RUN.",
      ),
  },
} satisfies SettingsPart;
