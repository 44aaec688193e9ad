/** `dino eval copies`: the protocol of Copydays. */
import { z } from 'zod';
import { datasetNotes, type ImageDataset, openDataset } from '../../data/dataset.js';
import { counted } from '../../text/counted.js';
import { attackBlocks, MOST_OTHERS, USUAL_ORIGINALS } from '../copies/attackBlocks.js';
import { ATTACKS } from '../copies/attacks/index.js';
import { copyPrecisions, LOOKED_AT } from '../copies/copydays.js';
import { type CopydaysBlock, openCopydays } from '../copies/copydaysFolder.js';
import { type ComparedImages, CopyDescriptors } from '../copies/describe.js';
import { learnWhitening, whiten } from '../copies/whitening.js';
import { evaluationOf } from '../evaluation.js';
import { joined, rowOf } from '../featureRows.js';
import { type FeatureMatrix, normalizeRows } from '../knn.js';
import { pathInput, wholeNumber } from '../options.js';
import { largest, similaritiesTo } from '../retrieval/rank.js';

const resultSchema = z.object({
  /** Mean average precision of each attack, from 0 to 1. */
  blocks: z.array(
    z.object({
      name: z.string(),
      images: z.int(),
      map: z.number(),
      perImage: z.array(z.number()),
      attack: z.object({ name: z.string(), strength: z.number() }).optional(),
    }),
  ),
  distractors: z.int(),
  whitened: z.boolean(),
});

interface Data {
  readonly blocks: readonly CopydaysBlock[];
  readonly distractors: readonly ComparedImages[];
  readonly whitening: ImageDataset | undefined;
  /** Of which copies are made. */
  readonly attacked: ImageDataset | undefined;
}

export const copies = evaluationOf({
  name: 'copies',
  title: 'Copy detection',
  description: 'find the original of each copy: mean average precision by attack, as on Copydays',
  version: 2,
  inputs: z.object({
    copydays: pathInput('folder', 'a folder in the layout of Copydays: original, strong, jpegqual/3, …').optional(),
    attacks: pathInput(
      'images',
      `instead: images of which copies are made, by crops, JPEG, blur, insertion, text, rotation, print and scan, each at several strengths; up to ${MOST_OTHERS.toLocaleString('en')} others of them are distractors`,
    ).optional(),
    distractors: pathInput('images', 'more images to search among').optional(),
    whiten: pathInput('images', 'other images, by which descriptors are whitened').optional(),
  }),
  options: z.object({
    size: wholeNumber(
      'side of the square that images are resized to (default: 320 for a network made for 224, others in proportion)',
    ).optional(),
    originals: wholeNumber(
      `with --attacks: how many images are attacked, evenly spread (default: ${USUAL_ORIGINALS})`,
    ).optional(),
    seed: wholeNumber('with --attacks: other attacks for another number (default: 0)', 0).optional(),
  }),
  result: resultSchema,
  suggest: ({ path }) => ({ attacks: path }),
  unfit: ({ backbone }) =>
    backbone.kind === 'vit' ? undefined : 'it compares patches, and the network is not a Vision Transformer',
  async open({ copydays, attacks, distractors, whiten }, { signal }) {
    if ((copydays === undefined) === (attacks === undefined))
      throw new Error(
        'Copy detection needs either copydays, a folder of originals and their copies, or attacks, images of which copies are made.',
      );
    const named = Object.entries({ attacks, distractors, whiten }).filter(([, path]) => path !== undefined);
    const datasets: Record<string, ImageDataset> = {};
    for (const [name, path = ''] of named) datasets[name] = await openDataset(path, signal);
    const { attacks: attackedOnes, distractors: more, whiten: whitening } = datasets;
    const data: Data = {
      blocks: copydays === undefined ? [] : await openCopydays(copydays, signal),
      distractors: more ? [more] : [],
      ...{ whitening, attacked: attackedOnes },
    };
    const described = Object.entries(datasets).map(
      ([name, { path, fingerprint, leftOut }]) => [name, { path, fingerprint, leftOut }] as const,
    );
    return {
      data,
      inputs: { ...(copydays !== undefined && { copydays: { path: copydays } }), ...Object.fromEntries(described) },
      notes: Object.values(datasets).flatMap(datasetNotes),
    };
  },
  async run({ whitening, attacked, ...given }: Data, { size, originals, seed }, by) {
    const made = attacked
      ? await attackBlocks(attacked, { originals, seed }, by)
      : { blocks: given.blocks, others: [] };
    const { blocks } = made;
    const distractors = [...given.distractors, ...made.others];
    const describe = new CopyDescriptors(by, size);
    try {
      const learned = whitening && learnWhitening((await describe.ofDataset(whitening)).descriptors);
      const prepared = async (dataset: ComparedImages): Promise<FeatureMatrix> => {
        const { descriptors } = await describe.ofDataset(dataset);
        const features = learned === undefined ? descriptors : whiten(descriptors, learned);
        normalizeRows(features);
        return features;
      };
      const queries: FeatureMatrix[] = [];
      for (const { dataset } of blocks) queries.push(await complete(dataset, prepared));
      let database = queries[0] as FeatureMatrix;
      for (const dataset of distractors) database = joined([database, await prepared(dataset)]);
      const more = database.rows - (queries[0] as FeatureMatrix).rows;
      return {
        images: { images: queries.reduce((sum, { rows }) => sum + rows, 0), distractors: more },
        result: {
          blocks: blocks.map((block, at) => scoreOf(block, queries[at] as FeatureMatrix, database)),
          distractors: more,
          whitened: learned !== undefined,
        },
      };
    } finally {
      await describe.dispose();
    }
  },
  summary({ blocks }) {
    const strong = blocks.filter(({ name }) => name === 'strong');
    const attacks = blocks.filter(({ attack }) => attack !== undefined);
    const mean = attacks.reduce((sum, { map }) => sum + map, 0) / attacks.length;
    return [
      ...strong.map(({ map }) => ({ metric: 'copies_strong' as const, value: map * 100 })),
      ...(attacks.length > 0 ? [{ metric: 'copies_attacks' as const, value: mean * 100 }] : []),
    ];
  },
  lines: ({ blocks, distractors, whitened }) => [
    `the first ${LOOKED_AT} of ${blocks[0]?.images} originals and ${distractors} distractors${whitened ? ', whitened' : ''}`,
    ...blocks
      .filter(({ attack }) => attack === undefined)
      .map(({ name, images, map }) => `${name}: mAP ${(map * 100).toFixed(2)} % over ${counted(images, 'image')}`),
    ...attackLines(blocks),
  ],
});

/** @throws Error when an image cannot be read: the copies would no longer be in the order of their originals */
async function complete(
  dataset: ComparedImages,
  prepared: (dataset: ComparedImages) => Promise<FeatureMatrix>,
): Promise<FeatureMatrix> {
  const features = await prepared(dataset);
  if (features.rows < dataset.size)
    throw new Error(`${dataset.size - features.rows} of the ${dataset.size} images in ${dataset.path} cannot be read.`);
  return features;
}

function scoreOf({ name, positives, attack }: CopydaysBlock, queries: FeatureMatrix, database: FeatureMatrix) {
  const found = Array.from({ length: queries.rows }, (_, query) =>
    largest(similaritiesTo(database, rowOf(queries, query)), LOOKED_AT),
  );
  const perImage = copyPrecisions(found, positives);
  const map = perImage.reduce((sum, value) => sum + value, 0) / perImage.length;
  return { name, images: queries.rows, map, perImage, ...(attack && { attack }) };
}

/** One an attack: its mean, and each strength. */
const attackLines = (blocks: z.output<typeof resultSchema>['blocks']): string[] =>
  ATTACKS.flatMap(({ name, unit }) => {
    const own = blocks.filter(({ attack }) => attack?.name === name);
    if (own.length === 0) return [];
    const mean = own.reduce((sum, { map }) => sum + map, 0) / own.length;
    const each = own.map(({ attack, map }) => `${attack?.strength}: ${(map * 100).toFixed(1)}`).join(', ');
    return [`${name}: mAP ${(mean * 100).toFixed(2)} % (${unit} ${each})`];
  });
