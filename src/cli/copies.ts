import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { datasetNotes, type ImageDataset, openDataset } from '../data/dataset.js';
import { CopyDescriptors } from '../evaluation/copies/describe.js';
import { copiesOf, copyGroups } from '../evaluation/copies/groups.js';
import { learnWhitening, type Whitening, whiten } from '../evaluation/copies/whitening.js';
import type { Computing } from '../evaluation/evaluation.js';
import { type FeatureMatrix, normalizeRows } from '../evaluation/knn.js';
import { counted } from '../text/counted.js';
import { aboutNetwork, computeWith } from './computing.js';
import { noteLeftOut } from './leftOutNote.js';
import {
  type CheckpointOptions,
  type EngineChoice,
  engineOption,
  parseCount,
  withCheckpointOptions,
  withOutputOptions,
} from './options.js';
import { type OutputOptions, writeResult } from './terminal.js';

interface CopiesOptions extends OutputOptions, CheckpointOptions {
  readonly engine: EngineChoice;
  readonly threshold: number;
  readonly size?: number;
  readonly whiten?: string;
}

const DEFAULT_THRESHOLD = 0.95;

/** `dino copies FOLDER`: groups of near-duplicates; `dino copies IMAGE FOLDER`: those of one image. */
export const copiesCommand = (): Command =>
  withOutputOptions(
    withCheckpointOptions(
      new Command('copies')
        .description(
          'find near-duplicates inside a folder, in groups, or those of an image, by the original descriptor for copies',
        )
        .argument('<image or folder>', 'a folder of images; or an image, with the folder behind it')
        .argument('[folder]', 'the folder where copies of the image are looked for'),
    )
      .option(
        '--threshold <similarity>',
        'the cosine from which on two images are copies; lower with --whiten',
        parseSimilarity,
        DEFAULT_THRESHOLD,
      )
      .option(
        '--whiten <folder>',
        'whiten descriptors by what the images of this folder, which are no copies, have in common',
      )
      .option(
        '--size <pixels>',
        'side of the square that images are resized to (default: 320 for a network made for 224, others in proportion)',
        parseCount,
      )
      .addOption(engineOption().default('auto')),
  ).action(async (first: string, second: string | undefined, options: CopiesOptions) => {
    const dataset = await openDataset(second ?? first);
    const others = options.whiten === undefined ? undefined : await openDataset(options.whiten);
    const said = [dataset, ...(others ? [others] : [])].flatMap(datasetNotes);
    const { result, lines } = await computeWith(options, said, async (by, notes, line) => {
      noteLeftOut(line, dataset);
      const found = await find(dataset, second === undefined ? undefined : first, others, options, by);
      return {
        result: {
          ...aboutNetwork(by.network),
          engine: by.engine.name,
          notes,
          leftOut: dataset.leftOut,
          ...found.result,
        },
        lines: found.lines,
      };
    });
    writeResult(options, result, lines);
  });

interface Found {
  readonly result: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

async function find(
  dataset: ImageDataset,
  query: string | undefined,
  others: ImageDataset | undefined,
  { threshold, size }: CopiesOptions,
  by: Computing,
): Promise<Found> {
  const describe = new CopyDescriptors(by, size);
  try {
    const asked = query === undefined ? undefined : await describe.ofFile(query);
    const whitening = others && learnWhitening((await describe.ofDataset(others)).descriptors);
    const { descriptors, names } = await describe.ofDataset(dataset);
    const features = prepared(descriptors, whitening);
    const settings = { folder: dataset.path, images: names.length, size: describe.side, threshold };
    if (query !== undefined && asked !== undefined) {
      const own = await realpath(query);
      const feature = prepared(asked.descriptors, whitening).data;
      const all = copiesOf(features, feature, threshold).map(({ row, similarity }) => ({
        name: names[row] ?? '',
        similarity,
      }));
      const isOther = await Promise.all(all.map(async ({ name }) => (await pathOf(dataset, name)) !== own));
      const copies = all.filter((_, i) => isOther[i]);
      return {
        result: { ...settings, query, copies },
        lines: [
          `${query}: ${counted(copies.length, 'copy', 'copies')} among ${counted(names.length, 'image')} (similarity ${threshold} or more)`,
          ...copies.map(({ name, similarity }) => `${similarity.toFixed(4)}  ${name}`),
        ],
      };
    }
    const found = await copyGroups(features, threshold, (done) => by.progress(done, names.length, 'compared'));
    const groups = found.map(({ members, similarity }) => ({
      similarity,
      images: members.map((row) => names[row] ?? ''),
    }));
    const copies = groups.reduce((sum, { images }) => sum + images.length, 0);
    return {
      result: { ...settings, groups },
      lines: [
        `${counted(groups.length, 'group')} of copies, ${copies} of ${counted(names.length, 'image')} (similarity ${threshold} or more)`,
        ...groups.flatMap(({ similarity, images }) => [
          `${similarity.toFixed(4)}`,
          ...images.map((name) => `  ${name}`),
        ]),
      ],
    };
  } finally {
    await describe.dispose();
  }
}

/** Whitened where that is wanted, and of length 1. */
function prepared(descriptors: FeatureMatrix, whitening: Whitening | undefined): FeatureMatrix {
  const features = whitening === undefined ? descriptors : whiten(descriptors, whitening);
  normalizeRows(features);
  return features;
}

/** Undefined in an IDX file. */
const pathOf = async ({ source }: ImageDataset, name: string): Promise<string | undefined> =>
  source.kind === 'folder' ? realpath(join(source.root, name)).catch(() => undefined) : undefined;

function parseSimilarity(text: string): number {
  const similarity = Number(text);
  if (text.trim() === '' || !(similarity >= -1 && similarity <= 1))
    throw new InvalidArgumentError('It must be a cosine, from -1 to 1.');
  return similarity;
}
