import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { datasetNotes, type ImageDataset, openDataset } from '../../data/dataset.js';
import { counted } from '../../text/counted.js';
import { type Computing, evaluationOf, type Reading } from '../evaluation.js';
import { FeatureExtractor } from '../features.js';
import {
  DEFAULT_KS,
  type FeatureMatrix,
  fittingKs,
  normalizeRows,
  ofUsualK,
  requireNeighbors,
  requireOthers,
} from '../knn.js';
import { knnValues, regressionErrors } from '../knnValues.js';
import { readableFeatures } from '../labeledFeatures.js';
import { listOf, pathInput, positiveNumber, wholeNumber } from '../options.js';
import { labeledByTable } from '../tableLabels.js';
import { decimalOf, numberIn } from '../tables/numbers.js';

const TITLE = 'k-NN regression';
const errorsSchema = z.object({ mae: z.number(), r2: z.number().nullable() });
const resultSchema = z.object({
  /** Whether each image was tested by the others, for want of test images. */
  leaveOneOut: z.boolean(),
  images: z.object({ train: z.int(), test: z.int() }),
  /** By k. */
  errors: z.record(z.string(), errorsSchema),
  /** The k with the smallest error. */
  best: z.string(),
});

interface NumberedImages {
  readonly dataset: ImageDataset;
  /** [images] */
  readonly values: Float64Array;
  readonly notes: readonly string[];
}

/** See {@link knnValues}. Numbers are never guessed to be classes, nor classes to be numbers: each has an evaluation of its own. */
export const knnRegression = evaluationOf({
  name: 'knn-regression',
  title: TITLE,
  description: 'predict the numbers of a table, such as ages, from the nearest images: mean absolute error and R²',
  version: 1,
  inputs: z.object({
    train: pathInput('images', 'images whose numbers are known'),
    trainValues: pathInput('table', 'their numbers: a table with a column of them (--class-column: which)'),
    test: pathInput('images', 'images to be tested on (default: each image by the others)').optional(),
    testValues: pathInput('table', 'the numbers of the test images, likewise').optional(),
  }),
  options: z.object({
    k: listOf(
      wholeNumber('neighbors'),
      `how many neighbors tell, such as 10,20 (default: ${DEFAULT_KS.join(',')})`,
    ).optional(),
    temperature: positiveNumber('the weights are exp(similarity / temperature) (default: 0.07)').optional(),
  }),
  result: resultSchema,
  suggest: () => 'numbers of the images are in a table, which nobody but a person can name',
  async open({ train, trainValues, test, testValues }, reading) {
    if ((test === undefined) !== (testValues === undefined))
      throw new Error(`${TITLE}: test images and their numbers go together: give both, or neither.`);
    const training = await numbered(train, trainValues, reading);
    if (test === undefined) requireOthers(TITLE, training.dataset);
    const testing =
      test === undefined || testValues === undefined ? undefined : await numbered(test, testValues, reading);
    const described = ({ dataset: { path, fingerprint, leftOut } }: NumberedImages) => ({ path, fingerprint, leftOut });
    const table = (path: string) => ({
      path,
      fingerprint: createHash('sha256').update(readFileSync(path)).digest('hex'),
    });
    return {
      data: { train: training, ...(testing && { test: testing }) },
      inputs: {
        ...{ train: described(training), trainValues: table(trainValues) },
        ...(testing && testValues !== undefined && { test: described(testing), testValues: table(testValues) }),
      },
      notes: [...training.notes, ...(testing?.notes ?? [])],
    };
  },
  async run(sets, { k, temperature }, by) {
    requireNeighbors(sets.train.dataset.size, sets.test?.dataset.size, k ?? []);
    const { train, test } = await featuresOf(sets, by);
    const truths = (test ?? train).values;
    const errors = knnValues({
      ...{ train: train.features, test: test?.features, values: train.values },
      ks: k ?? fittingKs(test === undefined ? train.features.rows - 1 : train.features.rows),
      ...(temperature !== undefined && { temperature }),
    }).map(({ k, predicted }) => ({ k, ...regressionErrors(predicted, truths) }));
    const best = errors.reduce((one, other) => (other.mae < one.mae ? other : one));
    return {
      images: { train: train.features.rows, ...(test && { test: test.features.rows }) },
      result: {
        leaveOneOut: test === undefined,
        images: { train: train.features.rows, test: truths.length },
        errors: Object.fromEntries(errors.map(({ k, mae, r2 }) => [k, { mae, r2 }])),
        best: String(best.k),
      },
    };
  },
  summary({ errors }) {
    const { mae, r2 } = ofUsualK(errors);
    return [{ metric: 'knn_mae', value: mae }, ...(r2 === null ? [] : ([{ metric: 'knn_r2', value: r2 }] as const))];
  },
  lines: ({ leaveOneOut, images, errors }) => [
    leaveOneOut
      ? `${counted(images.train, 'image')}, each by the others`
      : `${images.train} training and ${counted(images.test, 'test image')}`,
    ...Object.entries(errors).map(
      ([k, { mae, r2 }]) =>
        `k ${k}: mean absolute error ${mae.toPrecision(4)}, R² ${r2 === null ? 'none, for all numbers are the same' : r2.toFixed(3)}`,
    ),
  ],
});

/** @throws Error naming an image without a number, or what is no number */
async function numbered(path: string, table: string, { tables, signal }: Reading): Promise<NumberedImages> {
  const opened = await openDataset(path, signal);
  const { dataset, notes } = await labeledByTable(opened, table, { ...tables, isStrict: true, areNumbers: true });
  // '' where an image has none.
  const cells = Array.from({ length: dataset.size }, (_, index) => dataset.classes[dataset.labelOf(index) ?? -1] ?? '');
  const decimal = tables.decimal ?? decimalOf(cells);
  const values = Float64Array.from(cells, (cell) => numberIn(cell, decimal));
  const without = values.findIndex((value) => Number.isNaN(value));
  if (without >= 0) {
    const cell = cells[without];
    const what = cell === '' ? 'none' : `“${cell}”, which is no number`;
    throw new Error(
      `${TITLE} needs a number for each image of ${path}: of ${dataset.nameOf(without)} ${basename(table)} has ${what}.`,
    );
  }
  // A comma may also stand between thousands.
  const comma = decimal === ',' ? [`${basename(table)}: a comma stands before the fraction of a number`] : [];
  return { dataset, values, notes: [...datasetNotes(opened).map((note) => `${path}: ${note}`), ...notes, ...comma] };
}

interface NumberedFeatures {
  readonly features: FeatureMatrix;
  /** [rows] */
  readonly values: Float64Array;
}

async function featuresOf(
  { train, test }: { readonly train: NumberedImages; readonly test?: NumberedImages },
  by: Computing,
): Promise<{ readonly train: NumberedFeatures; readonly test?: NumberedFeatures }> {
  const extractor = await FeatureExtractor.create(by.engine, by.network);
  const of = async ({ dataset, values }: NumberedImages): Promise<NumberedFeatures> => {
    const { features, images } = await readableFeatures(extractor, dataset, by);
    normalizeRows(features);
    return { features, values: Float64Array.from(images, (image) => values[image] as number) };
  };
  try {
    const training = await of(train);
    return { train: training, ...(test && { test: await of(test) }) };
  } finally {
    await extractor.dispose();
  }
}
