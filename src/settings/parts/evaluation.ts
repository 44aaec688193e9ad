import type { SettingsPart } from '../part.js';
import { text, whole } from '../values.js';

/** What is evaluated while a run trains. */
export const evaluation = {
  fixed: {},
  changeable: {
    knn_freq: whole(0, 1_000_000)
      .default(0)
      .describe('Evaluate by k-NN every so many epochs, beside the steps and in a twentieth of their time; 0: never.'),
    knn_k: whole(1, 10_000).default(20).describe('Neighbors that vote in the k-NN of knn_freq.'),
    knn_images: whole(10, 1_000_000)
      .default(5000)
      .describe('Most images that vote, and most that are tested, in the k-NN of knn_freq: they are evenly spread.'),
    knn_labels: text()
      .default('')
      .describe(
        "A table of the images' classes for the k-NN of knn_freq; when empty: sub-folders or an IDX file tell.",
      ),
    knn_test: text()
      .default('')
      .describe('Labeled images to be tested by the k-NN of knn_freq; when empty: each image is tested by the others.'),
  },
} satisfies SettingsPart;
