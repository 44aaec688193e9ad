/** Evaluates descriptions of images that need no network, by the code that evaluates networks. Prints one JSON object. */
import { parseArgs } from 'node:util';
import { openDataset } from '../../src/data/dataset.js';
import { evaluationInput } from '../../src/data/evaluationTransform.js';
import type { Image } from '../../src/data/image.js';
import { chooseEngine } from '../../src/engines/choose.js';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { copyPrecisions, LOOKED_AT } from '../../src/evaluation/copies/copydays.js';
import { openCopydays } from '../../src/evaluation/copies/copydaysFolder.js';
import { rowOf } from '../../src/evaluation/featureRows.js';
import type { ImagesToSee } from '../../src/evaluation/features.js';
import { type FeatureMatrix, knnAccuracies, normalizeRows } from '../../src/evaluation/knn.js';
import { labelsOf, openLabeledSets } from '../../src/evaluation/labeledSets.js';
import { linearSweep } from '../../src/evaluation/linearSweep.js';
import { imagesByName } from '../../src/evaluation/namedImages.js';
import { readGroundTruth } from '../../src/evaluation/retrieval/gnd.js';
import { scoreRetrieval } from '../../src/evaluation/retrieval/protocol.js';
import { largest, ranking, similaritiesTo } from '../../src/evaluation/retrieval/rank.js';

const CHANNELS = 3;
/** Of a channel's values, in the histogram of all three. */
const LEVELS = 8;
/** DINOv2's sweep, as `dino eval linear`. */
const RATES = [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1];

type Describe = (image: Image) => Float32Array;

/** All pixels of the image as a network of that side sees it, less their mean. */
const pixels =
  (side: number): Describe =>
  (image) => {
    const { input } = evaluationInput(image, side);
    const mean = input.reduce((sum, value) => sum + value, 0) / input.length;
    return input.map((value) => value - mean);
  };

/** The share of each color, as its root: products of these compare histograms (Bhattacharyya). */
const histogram: Describe = ({ data, channels }) => {
  const shares = new Float32Array(LEVELS ** CHANNELS);
  for (let at = 0; at < data.length; at += channels) {
    let bin = 0;
    for (let channel = 0; channel < CHANNELS; channel++)
      bin = bin * LEVELS + Math.floor(((data[at + channel] as number) * LEVELS) / 256);
    shares[bin] = (shares[bin] as number) + channels / data.length;
  }
  return shares.map(Math.sqrt);
};

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const given = parseArgs({
    options: {
      kind: text,
      side: text,
      k: text,
      train: text,
      test: text,
      images: text,
      gnd: text,
      copydays: text,
      distractors: text,
    },
  }).values;
  const {
    kind = '',
    side = '',
    k = '',
    train = '',
    test = '',
    images = '',
    gnd = '',
    copydays = '',
    distractors,
  } = given;
  const describe = kind === 'pixels' ? pixels(Number(side)) : histogram;
  const result = {
    ...(await classified(train, test, describe, Number(k))),
    retrieval: await retrieved(images, gnd, describe),
    blocks: await copiesFound(copydays, distractors, describe),
  };
  console.log(JSON.stringify(result));
}

/** Rows of length 1. */
async function matrixOf(dataset: ImagesToSee, describe: Describe, chosen?: readonly number[]): Promise<FeatureMatrix> {
  const rows: Float32Array[] = [];
  for (const image of chosen ?? Array.from({ length: dataset.size }, (_, index) => index))
    rows.push(describe(await dataset.read(image, CHANNELS)));
  const dim = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => {
    data.set(row, i * dim);
  });
  const matrix = { rows: rows.length, dim, data };
  normalizeRows(matrix);
  return matrix;
}

async function classified(trainFolder: string, testFolder: string, describe: Describe, k: number) {
  const { data: sets } = await openLabeledSets({ train: trainFolder, test: testFolder }, { tables: {} }, 'This');
  const { train, test, classes } = sets;
  if (test === undefined) throw new Error('there are no test images');
  const labeled = async (dataset: typeof train) => {
    const features = await matrixOf(dataset, describe);
    return {
      features,
      labels: labelsOf(
        dataset,
        Int32Array.from({ length: dataset.size }, (_, i) => i),
        classes,
      ),
    };
  };
  const [known, asked] = [await labeled(train), await labeled(test)];
  const [accuracy] = knnAccuracies({
    ...{ train: known.features, trainLabels: known.labels, test: asked.features, testLabels: asked.labels },
    ...{ ks: [k], classes: classes.length },
  });
  // As large as a network's normed features, for which the rates are made.
  const scaled = ({ rows, dim, data }: FeatureMatrix) => ({
    rows,
    dim,
    data: data.map((value) => value * Math.sqrt(dim)),
  });
  const swept = await linearSweep(
    { vectors: scaled(known.features), labels: known.labels },
    { vectors: scaled(asked.features), labels: asked.labels },
    classes.length,
    { rates: RATES, epochs: 100, batch: 256, patience: 20, seed: 0 },
    {
      by: { engine: await chooseEngine('auto'), signal: new AbortController().signal, progress: () => undefined },
      key: '',
    },
  );
  return { knn: accuracy?.top1, linear: swept.test.top1[0] };
}

async function retrieved(folder: string, truthFile: string, describe: Describe): Promise<number> {
  const [dataset, truth] = [await openDataset(folder), await readGroundTruth(truthFile)];
  const find = imagesByName(dataset);
  const places = (names: readonly string[]) => names.map((name) => find(name) ?? -1);
  const database = await matrixOf(dataset, describe, places(truth.imlist));
  const queries = await matrixOf(dataset, describe, places(truth.qimlist));
  const rankings = truth.qimlist.map((_, row) => ranking(similaritiesTo(database, rowOf(queries, row))));
  return 100 * (scoreRetrieval(rankings, truth.gnd, 'easy', [1]).meanAveragePrecision ?? Number.NaN);
}

async function copiesFound(folder: string, others: string | undefined, describe: Describe) {
  const blocks = await openCopydays(folder);
  const [originals] = blocks;
  if (originals === undefined) throw new Error('there are no originals');
  const known = await matrixOf(originals.dataset, describe);
  const more = others === undefined ? undefined : await matrixOf(await openDataset(others), describe);
  const database = more === undefined ? known : below(known, more);
  const scored: { name: string; map: number }[] = [];
  for (const { name, dataset, positives } of blocks) {
    const queries = await matrixOf(dataset, describe);
    const found = Array.from({ length: queries.rows }, (_, row) =>
      largest(similaritiesTo(database, rowOf(queries, row)), LOOKED_AT),
    );
    const precisions = copyPrecisions(found, positives);
    scored.push({ name, map: precisions.reduce((sum, value) => sum + value, 0) / precisions.length });
  }
  return scored;
}

function below(first: FeatureMatrix, second: FeatureMatrix): FeatureMatrix {
  const data = new Float32Array(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return { rows: first.rows + second.rows, dim: first.dim, data };
}

main().catch((error: unknown) => {
  console.error(errorMessage(error));
  process.exitCode = 1;
});
