import { resolve } from 'node:path';
import { Command } from 'commander';
import { requireStartedFrom } from '../training/init.js';
import { type RunOptions, requestOf, trainAndReport, withRunOptions } from './train.js';

interface FinetuneOptions extends RunOptions {
  readonly labels?: string;
  readonly test?: string;
  readonly testLabels?: string;
}

/** `dino finetune CHECKPOINT DATA --out RUN`: trains a network and a classifier behind it on labels, end to end. */
export const finetuneCommand = (): Command =>
  withRunOptions(
    new Command('finetune')
      .description('train a network further on labeled images, with a linear classifier behind it, end to end')
      .argument(
        '<checkpoint>',
        'the network to start from: a run, a checkpoint, imported weights, or a file of another program',
      )
      .argument('<data>', 'labeled images: a folder with a sub-folder for each class, or an IDX data set')
      .option('--labels <table>', 'the classes of the images, from a table in the place of the folders')
      .option(
        '--test <images>',
        'labeled images that test the network as it learns (default: a tenth of each class, which is not learned from)',
      )
      .option('--test-labels <table>', 'the classes of the test images, likewise'),
  ).action(async (checkpoint: string, data: string, options: FinetuneOptions) => {
    const { labels, test, testLabels, resume } = options;
    const settings = {
      ...(!resume && { method: 'finetune' }),
      ...(labels !== undefined && { finetune_labels: resolve(labels) }),
      ...(test !== undefined && { finetune_test: resolve(test) }),
      ...(testLabels !== undefined && { finetune_test_labels: resolve(testLabels) }),
    };
    const request = requestOf(data, options, settings);
    if (!resume) return trainAndReport(options, { ...request, init: { path: checkpoint } });
    // It goes on from its own checkpoint.
    await requireStartedFrom(options.out, checkpoint);
    return trainAndReport(options, request);
  });
