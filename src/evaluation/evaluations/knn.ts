import { z } from 'zod';
import { counted } from '../../text/counted.js';
import { confusionOf, confusionSchema } from '../confusion.js';
import { type NearestRows, nearestByEngine } from '../engineNeighbors.js';
import { type Computing, evaluationOf } from '../evaluation.js';
import {
  DEFAULT_KS,
  type FeatureMatrix,
  fittingKs,
  knnAccuracies,
  ofUsualK,
  requireNeighbors,
  requireOthers,
} from '../knn.js';
import { labeledFeatures } from '../labeledFeatures.js';
import { labeledInputs, openLabeledSets, suggestLabeled } from '../labeledSets.js';
import { listOf, positiveNumber, wholeNumber } from '../options.js';

const TITLE = 'k-NN';
const accuracySchema = z.object({ top1: z.number(), top5: z.number() });
const resultSchema = z.object({
  /** Whether each image was tested by the others, for want of test images. */
  leaveOneOut: z.boolean(),
  images: z.object({ train: z.int(), test: z.int() }),
  /** Accuracies in percent by k. */
  accuracies: z.record(z.string(), accuracySchema),
  /** The k with the highest top-1, of which the classes tell. */
  best: z.string(),
  ...confusionSchema.shape,
});

/** See {@link knnAccuracies}. */
export const knn = evaluationOf({
  name: 'knn',
  title: TITLE,
  description: "classify each image by its nearest neighbors, as the original's eval_knn.py",
  version: 1,
  inputs: labeledInputs,
  options: z.object({
    k: listOf(
      wholeNumber('neighbors'),
      `how many neighbors vote, such as 10,20 (default: ${DEFAULT_KS.join(',')})`,
    ).optional(),
    temperature: positiveNumber('the votes are exp(similarity / temperature) (default: 0.07)').optional(),
  }),
  result: resultSchema,
  suggest: suggestLabeled,
  async open(inputs, reading) {
    const opened = await openLabeledSets(inputs, reading, TITLE);
    const { train, test } = opened.data;
    if (test === undefined) requireOthers(TITLE, train);
    return opened;
  },
  async run(sets, { k, temperature }, by) {
    // Before the features, which take long: of those that cannot be read nothing is known yet.
    requireNeighbors(sets.train.size, sets.test?.size, k ?? []);
    const { train, test } = await labeledFeatures(sets, by);
    const tested = test ?? train;
    const ks = k ?? fittingKs(test === undefined ? train.features.rows - 1 : train.features.rows);
    const accuracies = knnAccuracies({
      ...{ train: train.features, trainLabels: train.labels, classes: sets.classes.length },
      ...{ test: test?.features, testLabels: test?.labels },
      ks,
      nearest: await nearestOfMany(train.features, test?.features, Math.max(...ks), by),
      ...(temperature !== undefined && { temperature }),
    });
    const best = accuracies.reduce((one, other) => (other.top1 > one.top1 ? other : one));
    return {
      images: { train: train.features.rows, ...(test && { test: test.features.rows }) },
      result: {
        leaveOneOut: test === undefined,
        images: { train: train.features.rows, test: tested.features.rows },
        accuracies: Object.fromEntries(accuracies.map(({ k, top1, top5 }) => [k, { top1, top5 }])),
        best: String(best.k),
        ...confusionOf(sets.classes, tested.labels, best.predicted),
      },
    };
  },
  summary({ accuracies }) {
    const { top1, top5 } = ofUsualK(accuracies);
    return [
      { metric: 'knn_top1', value: top1 },
      { metric: 'knn_top5', value: top5 },
    ];
  },
  lines: ({ leaveOneOut, images, classes, accuracies }) => [
    leaveOneOut
      ? `${counted(images.train, 'image')}, each by the others, ${counted(classes.length, 'class', 'classes')}`
      : `${images.train} training and ${counted(images.test, 'test image')}, ${counted(classes.length, 'class', 'classes')}`,
    ...Object.entries(accuracies).map(
      ([k, { top1, top5 }]) => `k ${k}: top-1 ${top1.toFixed(2)} %, top-5 ${top5.toFixed(2)} %`,
    ),
  ],
  json: ({ accuracies, images: _, ...others }) => ({ ...accuracies, ...others }),
});

/** From so many products of two numbers on, compiling them is worth its time. */
const MANY_PRODUCTS = 2 ** 32;

/**
 * Undefined for few images, which are compared without an engine.
 * @internal for tests, which call few images many
 */
export async function nearestOfMany(
  train: FeatureMatrix,
  test: FeatureMatrix | undefined,
  k: number,
  { engine, progress, signal }: Pick<Computing, 'engine' | 'progress' | 'signal'>,
  many = MANY_PRODUCTS,
): Promise<NearestRows | undefined> {
  const tested = test ?? train;
  if (train.rows * tested.rows * train.dim < many) return undefined;
  return nearestByEngine({ train, test: tested, k, leaveOneOut: test === undefined }, engine, (done) => {
    signal.throwIfAborted();
    progress(done, tested.rows, 'neighbors');
  });
}
