/** `dino eval copies`: the protocol of Copydays. */
import { z } from 'zod';
import { type ImageDataset, openDataset } from '../../data/dataset.js';
import { copyPrecisions, LOOKED_AT } from '../copies/copydays.js';
import { type CopydaysBlock, openCopydays } from '../copies/copydaysFolder.js';
import { CopyDescriptors } from '../copies/describe.js';
import { learnWhitening, whiten } from '../copies/whitening.js';
import { evaluationOf } from '../evaluation.js';
import { type FeatureMatrix, normalizeRows } from '../knn.js';
import { pathInput, wholeNumber } from '../options.js';
import { largest, rowOf, similaritiesTo } from '../retrieval/rank.js';

const resultSchema = z.object({
  /** Mean average precision of each attack, from 0 to 1. */
  blocks: z.array(z.object({ name: z.string(), images: z.int(), map: z.number(), perImage: z.array(z.number()) })),
  distractors: z.int(),
  whitened: z.boolean(),
});

interface Data {
  readonly blocks: readonly CopydaysBlock[];
  readonly distractors: ImageDataset | undefined;
  readonly whitening: ImageDataset | undefined;
}

export const copies = evaluationOf({
  name: 'copies',
  title: 'Copy detection',
  description: 'find the original of each copy: mean average precision by attack, as on Copydays',
  version: 1,
  inputs: z.object({
    copydays: pathInput('folder', 'a folder in the layout of Copydays: original, strong, jpegqual/3, …'),
    distractors: pathInput('images', 'more images to search among').optional(),
    whiten: pathInput('images', 'other images, by which descriptors are whitened').optional(),
  }),
  options: z.object({
    size: wholeNumber(
      'side of the square that images are resized to (default: 320 for a network made for 224, others in proportion)',
    ).optional(),
  }),
  result: resultSchema,
  suggest: () => 'it needs originals and their copies, in a folder in the layout of Copydays',
  async open({ copydays, distractors, whiten }, { signal }) {
    const opened = (path: string | undefined) => (path === undefined ? undefined : openDataset(path, signal));
    const data = {
      blocks: await openCopydays(copydays, signal),
      distractors: await opened(distractors),
      whitening: await opened(whiten),
    };
    const others = { distractors: data.distractors, whiten: data.whitening };
    const described = Object.entries(others).flatMap(([name, dataset]) =>
      dataset
        ? [[name, { path: dataset.path, fingerprint: dataset.fingerprint, leftOut: dataset.leftOut }] as const]
        : [],
    );
    return { data, inputs: { copydays: { path: copydays }, ...Object.fromEntries(described) }, notes: [] };
  },
  async run({ blocks, distractors, whitening }: Data, { size }, by) {
    const describe = new CopyDescriptors(by, size);
    try {
      const learned = whitening && learnWhitening((await describe.ofDataset(whitening)).descriptors);
      const prepared = async (dataset: ImageDataset): Promise<FeatureMatrix> => {
        const { descriptors } = await describe.ofDataset(dataset);
        const features = learned === undefined ? descriptors : whiten(descriptors, learned);
        normalizeRows(features);
        return features;
      };
      const queries: FeatureMatrix[] = [];
      for (const { dataset } of blocks) queries.push(await complete(dataset, prepared));
      const more = distractors && (await prepared(distractors));
      const database = below(queries[0] as FeatureMatrix, more);
      return {
        images: { images: queries.reduce((sum, { rows }) => sum + rows, 0), distractors: more?.rows ?? 0 },
        result: {
          blocks: blocks.map((block, at) => scoreOf(block, queries[at] as FeatureMatrix, database)),
          distractors: more?.rows ?? 0,
          whitened: learned !== undefined,
        },
      };
    } finally {
      await describe.dispose();
    }
  },
  summary: ({ blocks }) =>
    blocks.flatMap(({ name, map }) =>
      name === 'strong' ? [{ metric: 'copies_strong' as const, value: map * 100 }] : [],
    ),
  lines: ({ blocks, distractors, whitened }) => [
    `the first ${LOOKED_AT} of ${blocks[0]?.images} originals and ${distractors} distractors${whitened ? ', whitened' : ''}`,
    ...blocks.map(({ name, images, map }) => `${name}: mAP ${(map * 100).toFixed(2)} % over ${images} images`),
  ],
});

/** @throws Error when an image cannot be read: the copies would no longer be in the order of their originals */
async function complete(
  dataset: ImageDataset,
  prepared: (dataset: ImageDataset) => Promise<FeatureMatrix>,
): Promise<FeatureMatrix> {
  const features = await prepared(dataset);
  if (features.rows < dataset.size)
    throw new Error(`${dataset.size - features.rows} of the ${dataset.size} images in ${dataset.path} cannot be read.`);
  return features;
}

function scoreOf({ name, positives }: CopydaysBlock, queries: FeatureMatrix, database: FeatureMatrix) {
  const found = Array.from({ length: queries.rows }, (_, query) =>
    largest(similaritiesTo(database, rowOf(queries, query)), LOOKED_AT),
  );
  const perImage = copyPrecisions(found, positives);
  const map = perImage.reduce((sum, value) => sum + value, 0) / perImage.length;
  return { name, images: queries.rows, map, perImage };
}

function below(first: FeatureMatrix, second: FeatureMatrix | undefined): FeatureMatrix {
  if (second === undefined) return first;
  const data = new Float32Array(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return { rows: first.rows + second.rows, dim: first.dim, data };
}
