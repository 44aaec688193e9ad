/** `dino eval retrieval`: the protocol of the revisited Oxford and Paris benchmarks. */
import { z } from 'zod';
import { datasetNotes, type ImageDataset, openDataset } from '../../data/dataset.js';
import { counted } from '../../text/counted.js';
import { type Computing, evaluationOf } from '../evaluation.js';
import { chosenRows, rowOf, stacked } from '../featureRows.js';
import type { FeatureMatrix } from '../knn.js';
import { imagesByName } from '../namedImages.js';
import { listOf, pathInput, wholeNumber } from '../options.js';
import { RetrievalDescriptors } from '../retrieval/descriptors.js';
import { type GroundTruth, readGroundTruth } from '../retrieval/gnd.js';
import { DIFFICULTIES, type Difficulty, scoreRetrieval } from '../retrieval/protocol.js';
import { ranking, similaritiesTo } from '../retrieval/rank.js';

const DEFAULT_KS = [1, 5, 10];
/** The original script's. */
const DEFAULT_SIZE = 224;

/** In percent; null: no query has such an image. */
const scoreSchema = z.object({
  map: z.number().nullable(),
  precision: z.record(z.string(), z.number()),
  queries: z.int(),
  perQuery: z.array(z.number().nullable()),
});
const resultSchema = z.object({
  images: z.int(),
  queries: z.array(z.string()),
  difficulties: z.object({ easy: scoreSchema, medium: scoreSchema, hard: scoreSchema }),
});
type Score = z.output<typeof scoreSchema>;

interface Data {
  readonly dataset: ImageDataset;
  readonly truth: GroundTruth;
  /** Indices in the data set. */
  readonly database: readonly number[];
  readonly queries: readonly number[];
}

export const retrieval = evaluationOf({
  name: 'retrieval',
  title: 'Retrieval',
  description: "find a query's matches: mean average precision, as on revisited Oxford and Paris",
  version: 1,
  inputs: z.object({
    images: pathInput('images', 'the images, those of the queries among them'),
    gnd: pathInput('file', "the benchmark's ground truth, such as gnd_roxford5k.pkl, or the same as JSON"),
  }),
  options: z.object({
    k: listOf(
      wholeNumber('images'),
      `precision among the first k, such as 1,5,10 (default: ${DEFAULT_KS.join(',')})`,
    ).optional(),
    size: wholeNumber(`pixels that the longer side of an image has at most (default: ${DEFAULT_SIZE})`).optional(),
    multiscale: z.boolean().optional().meta({ description: 'describe each image at three sizes' }),
  }),
  result: resultSchema,
  suggest: () => 'it needs the ground truth of the benchmark, a file that no folder of images tells',
  async open({ images, gnd }, { signal }) {
    const dataset = await openDataset(images, signal);
    const truth = await readGroundTruth(gnd);
    const find = imagesByName(dataset);
    const placeOf = (name: string): number => {
      const place = find(name);
      if (place === undefined)
        throw new Error(`The ground truth ${gnd} names the image ${name}, but ${images} has no image of that name.`);
      return place;
    };
    if (truth.gnd.every(({ easy, hard }) => easy.length + hard.length === 0))
      throw new Error(`None of the queries in ${gnd} has a match: there is nothing to find.`);
    const data = { dataset, truth, database: truth.imlist.map(placeOf), queries: truth.qimlist.map(placeOf) };
    const { path, fingerprint, leftOut } = dataset;
    return {
      data,
      inputs: { images: { path, fingerprint, leftOut }, gnd: { path: gnd } },
      notes: datasetNotes(dataset).map((note) => `${images}: ${note}`),
    };
  },
  async run({ dataset, truth, database, queries }: Data, { k, size, multiscale }, by) {
    const used = [...new Set([...database, ...queries])];
    const ks = k ?? DEFAULT_KS;
    const descriptors = new RetrievalDescriptors(by, {
      longest: size ?? DEFAULT_SIZE,
      scales: multiscale === true ? 'several' : 'one',
    });
    try {
      const features = await descriptorsOf(dataset, used, descriptors, by);
      const rows = new Map(used.map((image, row) => [image, row]));
      const matrix = chosenRows(
        features,
        database.map((image) => rows.get(image) ?? -1),
      );
      const rankings = queries.map((image) => ranking(similaritiesTo(matrix, rowOf(features, rows.get(image) ?? -1))));
      const scoreOf = (difficulty: Difficulty): Score => {
        const score = scoreRetrieval(rankings, truth.gnd, difficulty, ks);
        const { meanAveragePrecision: map } = score;
        return {
          map: map === undefined ? null : map * 100,
          precision:
            map === undefined
              ? {}
              : Object.fromEntries(ks.map((k, i) => [k, (score.meanPrecisionAt[i] as number) * 100])),
          queries: score.queries.filter((query) => query !== undefined).length,
          perQuery: score.queries.map((query) => (query === undefined ? null : query.averagePrecision * 100)),
        };
      };
      const difficulties = { easy: scoreOf('easy'), medium: scoreOf('medium'), hard: scoreOf('hard') };
      return {
        images: { images: database.length, queries: queries.length },
        result: { images: database.length, queries: truth.qimlist, difficulties },
      };
    } finally {
      await descriptors.dispose();
    }
  },
  summary: ({ difficulties }) =>
    (['medium', 'hard'] as const).flatMap((difficulty) => {
      const { map } = difficulties[difficulty];
      return map === null ? [] : [{ metric: `retrieval_${difficulty}` as const, value: map }];
    }),
  lines: ({ images, queries, difficulties }) => [
    `${counted(queries.length, 'query', 'queries')} among ${counted(images, 'image')}`,
    ...DIFFICULTIES.map((difficulty) => lineOf(difficulty, difficulties[difficulty], queries.length)),
  ],
});

function lineOf(difficulty: Difficulty, { map, precision, queries }: Score, all: number): string {
  if (map === null) return `${difficulty}: no query has a match`;
  const precisions = Object.entries(precision).map(([k, value]) => `${value.toFixed(2)} % at ${k}`);
  const without = queries < all ? ` (left out: ${all - queries} without a match)` : '';
  return `${difficulty}: mAP ${map.toFixed(2)} %, precision ${precisions.join(', ')}${without}`;
}

/** A row for each image. @throws the error of an image that cannot be read: a benchmark without it is another one */
async function descriptorsOf(
  dataset: ImageDataset,
  images: readonly number[],
  descriptors: RetrievalDescriptors,
  { network, signal, progress }: Computing,
): Promise<FeatureMatrix> {
  const rows: Float32Array[] = [];
  for (const image of images) {
    signal.throwIfAborted();
    rows.push(await descriptors.of(await dataset.read(image, network.backbone.inChans), dataset.nameOf(image)));
    progress(rows.length, images.length, `features of ${dataset.path}`);
  }
  return stacked(rows);
}
