import { z } from 'zod';
import type { SettingsPart } from '../part.js';
import { number, text, whole } from '../values.js';

const below1 = () =>
  z
    .number({ error: () => 'a number from 0 to below 1' })
    .min(0)
    .lt(1);

/** Fine-tuning on labels. `layer_decay` and `smoothing` are arguments of MAE's main_finetune.py, with its defaults. */
export const finetune = {
  fixed: {
    num_labels: whole(0, 1_048_576).default(0).describe('Number of classes. Counted in the data when a run starts.'),
    layer_decay: number(0.01, 1)
      .default(0.75)
      .describe('Learning rate of each block as a share of that of the block above it; 1: all have the same.'),
    smoothing: below1()
      .default(0.1)
      .describe('Label smoothing: the share of each label that is spread over all classes.'),
    held_out: below1()
      .default(0.1)
      .describe(
        'Share of the images of each class that are not learned from and test the network; 0 where finetune_test has test images.',
      ),
  },
  changeable: {
    finetune_labels: text()
      .default('')
      .describe(
        "A table of the images' classes; when empty: sub-folders or an IDX file tell. A resumed run may say where it is now, but not change a class.",
      ),
    finetune_test: text()
      .default('')
      .describe('Labeled images that test the network; when empty: those that held_out takes from the others.'),
    finetune_test_labels: text().default('').describe('A table of the classes of finetune_test; when empty: likewise.'),
    finetune_freq: whole(0, 1_000_000).default(1).describe('Test the network every so many epochs; 0: never.'),
  },
  applies: ({ method }: { readonly method: string }) => method === 'finetune',
} satisfies SettingsPart;
