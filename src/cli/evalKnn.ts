import { Command } from 'commander';
import { datasetNotes, type ImageDataset, openDataset } from '../data/dataset.js';
import { chooseEngine } from '../engines/choose.js';
import { type DatasetFeatures, FeatureExtractor } from '../evaluation/features.js';
import { DEFAULT_KS, knnAccuracies, normalizeRows } from '../evaluation/knn.js';
import { labelledByTable } from '../evaluation/tableLabels.js';
import type { TableOptions } from '../evaluation/tables/tableOptions.js';
import { loadNetwork } from '../runs/network.js';
import { noteLeftOut } from './leftOutNote.js';
import {
  type CheckpointOptions,
  type EngineChoice,
  engineOption,
  loadOptions,
  parseCounts,
  withCheckpointOptions,
  withOutputOptions,
} from './options.js';
import { type LabelFlags, tableOptionsOf, withLabelTable } from './tableOptions.js';
import { type OutputOptions, ProgressLine, writeNotes, writeResult } from './terminal.js';

interface KnnOptions extends OutputOptions, CheckpointOptions, LabelFlags {
  readonly trainLabels?: string;
  readonly testLabels?: string;
  readonly train: string;
  readonly test: string;
  readonly k?: readonly number[];
  readonly engine: EngineChoice;
}

/** `dino eval …`: how good a checkpoint's features are. */
export const evalCommand = (): Command =>
  new Command('eval').description('measure how good the features of a checkpoint are').addCommand(
    withOutputOptions(
      withLabelTable(
        withCheckpointOptions(
          new Command('knn').description(
            "k-NN classification by the teacher's features, the protocol of the original's eval_knn.py",
          ),
        )
          .requiredOption('--train <data>', 'labelled pictures that vote')
          .requiredOption('--test <data>', 'labelled pictures that are classified')
          .option(
            '--k <list>',
            `how many neighbours vote, such as 10,20 (default: ${DEFAULT_KS.join(',')})`,
            parseCounts,
          )
          .addOption(engineOption().default('auto'))
          .option('--train-labels <table>', 'the classes that vote, from a table in the place of the folders')
          .option('--test-labels <table>', 'the classes of the others, likewise'),
      ),
    ).action(evaluate),
  );

async function evaluate(options: KnnOptions): Promise<void> {
  const tableNotes: string[] = [];
  const form = tableOptionsOf(options);
  const trainSet = await openLabelled(options.train, options.trainLabels, form, tableNotes);
  const testSet = await openLabelled(options.test, options.testLabels, form, tableNotes);
  const network = await loadNetwork(options.checkpoint, loadOptions(options));
  const notes = [...tableNotes.map((note) => `${note}.`), ...network.notes];
  writeNotes(notes);
  const engine = await chooseEngine(options.engine);
  const extractor = await FeatureExtractor.create(engine, network);
  const line = new ProgressLine();
  for (const dataset of [trainSet, testSet]) noteLeftOut(line, dataset);
  try {
    const features = async (dataset: ImageDataset): Promise<DatasetFeatures> => {
      const extracted = await extractor.extract(dataset, (done) =>
        line.update(done, dataset.size, `features of ${dataset.path}: ${done}/${dataset.size}`),
      );
      line.end();
      for (const { message } of extracted.unreadable) line.note(`warn: ${message}`);
      if (extracted.features.rows === 0)
        throw new Error(`None of the ${dataset.size} pictures in ${dataset.path} can be read.`);
      normalizeRows(extracted.features);
      return extracted;
    };
    const train = await features(trainSet);
    const test = await features(testSet);
    // A class is the same class by its name, wherever it stands in either list.
    const classes = [...new Set([...trainSet.classes, ...testSet.classes])];
    const results = knnAccuracies({
      train: train.features,
      trainLabels: labelsOf(trainSet, train.images, classes),
      test: test.features,
      testLabels: labelsOf(testSet, test.images, classes),
      ks: options.k ?? fittingKs(train.features.rows),
    });
    writeResult(
      options,
      {
        checkpoint: network.name,
        network: network.network ?? null,
        step: network.step,
        engine: engine.name,
        notes,
        train: train.features.rows,
        test: test.features.rows,
        leftOut: { train: trainSet.leftOut, test: testSet.leftOut },
        knn: Object.fromEntries(results.map(({ k, top1, top5 }) => [k, { top1, top5 }])),
      },
      [
        `${network.name}: ${train.features.rows} training and ${test.features.rows} test pictures, ${classes.length} classes`,
        ...results.map(({ k, top1, top5 }) => `k ${k}: top-1 ${top1.toFixed(2)} %, top-5 ${top5.toFixed(2)} %`),
      ],
    );
  } finally {
    line.end();
    await extractor.dispose();
  }
}

/** The default ones that a small data set has pictures for. */
function fittingKs(trainingPictures: number): readonly number[] {
  const fitting = DEFAULT_KS.filter((k) => k <= trainingPictures);
  return fitting.length > 0 ? fitting : DEFAULT_KS;
}

type LabelledDataset = ImageDataset & { readonly classes: readonly string[] };

/** @param table of classes, in the place of the folders' */
async function openLabelled(
  path: string,
  table: string | undefined,
  form: TableOptions,
  notes: string[],
): Promise<LabelledDataset> {
  const opened = await openDataset(path);
  const labelled = table === undefined ? undefined : await labelledByTable(opened, table, form);
  const dataset = labelled?.dataset ?? opened;
  notes.push(...datasetNotes(dataset).map((note) => `${path}: ${note}`), ...(labelled?.notes ?? []));
  const { classes, size } = dataset;
  const unlabelled = Array.from({ length: size }, (_, index) => index).find(
    (index) => dataset.labelOf(index) === undefined,
  );
  if (classes === undefined || unlabelled !== undefined) {
    const example = unlabelled === undefined ? '' : ` (${dataset.nameOf(unlabelled)} has none)`;
    throw new Error(
      `k-NN needs a class for each picture of ${path}${example}: put each class in a sub-folder of its own, or give a table of classes (--train-labels, --test-labels).`,
    );
  }
  return { ...dataset, classes };
}

const labelsOf = (dataset: LabelledDataset, images: Int32Array, classes: readonly string[]): Int32Array =>
  images.map((image) => classes.indexOf(dataset.classes[dataset.labelOf(image) ?? -1] ?? ''));
