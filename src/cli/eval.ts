import { Command, InvalidArgumentError } from 'commander';
import { datasetNotes, type ImageDataset, openDataset } from '../data/dataset.js';
import { chooseEngine } from '../engines/choose.js';
import { errorMessage } from '../errors/errorMessage.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { EVALUATIONS } from '../evaluation/evaluations/index.js';
import { type DatasetFeatures, FeatureExtractor } from '../evaluation/features.js';
import { normalizeRows } from '../evaluation/knn.js';
import { labeledByTable } from '../evaluation/tableLabels.js';
import type { TableOptions } from '../evaluation/tables/tableOptions.js';
import { loadNetwork } from '../runs/network.js';
import { noteLeftOut } from './leftOutNote.js';
import {
  type CheckpointOptions,
  type EngineChoice,
  engineOption,
  loadOptions,
  withCheckpointOptions,
  withOutputOptions,
} from './options.js';
import { type LabelFlags, tableOptionsOf, withLabelTable } from './tableOptions.js';
import { type OutputOptions, ProgressLine, writeNotes, writeResult } from './terminal.js';

interface EvalOptions extends OutputOptions, CheckpointOptions, LabelFlags {
  readonly trainLabels?: string;
  readonly testLabels?: string;
  readonly train: string;
  readonly test: string;
  readonly engine: EngineChoice;
}

/** `dino eval …`: how good a checkpoint's features are. */
export function evalCommand(evaluations = EVALUATIONS): Command {
  const command = new Command('eval').description('measure how good the features of a checkpoint are');
  for (const evaluation of evaluations) command.addCommand(commandOf(evaluation));
  return command;
}

function commandOf(evaluation: Evaluation): Command {
  const command = withCheckpointOptions(new Command(evaluation.name).description(evaluation.description))
    .requiredOption('--train <data>', 'labeled images that vote')
    .requiredOption('--test <data>', 'labeled images that are classified');
  for (const { name, placeholder, description, parse } of evaluation.options)
    command.option(`--${name} ${placeholder}`, description, (text: string) => {
      try {
        return parse(text);
      } catch (error) {
        throw new InvalidArgumentError(errorMessage(error));
      }
    });
  return withOutputOptions(
    withLabelTable(
      command
        .addOption(engineOption().default('auto'))
        .option('--train-labels <table>', 'the classes that vote, from a table in the place of the folders')
        .option('--test-labels <table>', 'the classes of the others, likewise'),
    ),
  ).action((options: EvalOptions & Readonly<Record<string, unknown>>) => evaluate(evaluation, options));
}

async function evaluate(
  evaluation: Evaluation,
  options: EvalOptions & Readonly<Record<string, unknown>>,
): Promise<void> {
  const tableNotes: string[] = [];
  const form = tableOptionsOf(options);
  const { title } = evaluation;
  const trainSet = await openLabeled(options.train, options.trainLabels, { form, notes: tableNotes, title });
  const testSet = await openLabeled(options.test, options.testLabels, { form, notes: tableNotes, title });
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
        throw new Error(`None of the ${dataset.size} images in ${dataset.path} can be read.`);
      normalizeRows(extracted.features);
      return extracted;
    };
    const train = await features(trainSet);
    const test = await features(testSet);
    // A class is the same class by its name, wherever it stands in either list.
    const classes = [...new Set([...trainSet.classes, ...testSet.classes])];
    const own = Object.fromEntries(evaluation.options.map(({ name }) => [name, options[name]]));
    const labeled = (dataset: LabeledDataset, { features, images }: DatasetFeatures) => ({
      features,
      labels: labelsOf(dataset, images, classes),
    });
    const result = evaluation.run({ train: labeled(trainSet, train), test: labeled(testSet, test) }, own);
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
        [evaluation.name]: result.values,
      },
      [
        `${network.name}: ${train.features.rows} training and ${test.features.rows} test images, ${classes.length} classes`,
        ...result.lines,
      ],
    );
  } finally {
    line.end();
    await extractor.dispose();
  }
}

type LabeledDataset = ImageDataset & { readonly classes: readonly string[] };

/** @param table of classes, in the place of the folders' */
async function openLabeled(
  path: string,
  table: string | undefined,
  { form, notes, title }: { readonly form: TableOptions; readonly notes: string[]; readonly title: string },
): Promise<LabeledDataset> {
  const opened = await openDataset(path);
  const labeled = table === undefined ? undefined : await labeledByTable(opened, table, form);
  const dataset = labeled?.dataset ?? opened;
  notes.push(...datasetNotes(dataset).map((note) => `${path}: ${note}`), ...(labeled?.notes ?? []));
  const { classes, size } = dataset;
  const unlabeled = Array.from({ length: size }, (_, index) => index).find(
    (index) => dataset.labelOf(index) === undefined,
  );
  if (classes === undefined || unlabeled !== undefined) {
    const example = unlabeled === undefined ? '' : ` (${dataset.nameOf(unlabeled)} has none)`;
    throw new Error(
      `${title} needs a class for each image of ${path}${example}: put each class in a sub-folder of its own, or give a table of classes (--train-labels, --test-labels).`,
    );
  }
  return { ...dataset, classes };
}

const labelsOf = (dataset: LabeledDataset, images: Int32Array, classes: readonly string[]): Int32Array =>
  images.map((image) => classes.indexOf(dataset.classes[dataset.labelOf(image) ?? -1] ?? ''));
