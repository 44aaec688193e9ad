import { join } from 'node:path';
import { Command } from 'commander';
import { datasetNotes, openDataset } from '../data/dataset.js';
import { storageFolder } from '../engines/storage.js';
import { networkIdentity } from '../evaluation/networkIdentity.js';
import { updateIndex } from '../evaluation/retrieval/folderIndex.js';
import { featureOfFile, mostSimilar, rowOfFile, USUAL_K } from '../evaluation/retrieval/search.js';
import { keyOf } from '../files/derivedFiles.js';
import type { LoadedNetwork } from '../runs/network.js';
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
import { type OutputOptions, writeNotes, writeResult } from './terminal.js';

interface RetrieveOptions extends OutputOptions, CheckpointOptions {
  readonly engine: EngineChoice;
  readonly k?: number;
  readonly index?: string;
}

/** `dino retrieve QUERY FOLDER`: the images of a folder that are most like another image. */
export const retrieveCommand = (): Command =>
  withOutputOptions(
    withCheckpointOptions(
      new Command('retrieve')
        .description('find the images of a folder that are most like an image, by exact search among their features')
        .argument('<query>', 'the image')
        .argument('<folder>', 'a folder of images, or an IDX file'),
    )
      .option('--k <n>', `how many images (default: ${USUAL_K})`, parseCount)
      .option(
        '--index <file>',
        "where the features of the folder's images are kept (default: a file in the storage folder of DINO Lab)",
      )
      .addOption(engineOption().default('auto')),
  ).action(async (query: string, folder: string, options: RetrieveOptions) => {
    const dataset = await openDataset(folder);
    const said = datasetNotes(dataset);
    const { result, lines } = await computeWith(options, said, async (by, notes, line) => {
      noteLeftOut(line, dataset);
      const feature = await featureOfFile(query, by);
      const path = options.index ?? defaultIndex(dataset.path, by.network);
      const updated = await updateIndex(path, dataset, by);
      line.end();
      writeNotes(updated.notes);
      const matches = mostSimilar(updated, feature, options.k, await rowOfFile(query, dataset, updated));
      const { computed, kept } = updated;
      return {
        result: {
          ...aboutNetwork(by.network),
          ...{ engine: by.engine.name, notes: [...notes, ...updated.notes] },
          ...{ query, folder, index: { path, computed, kept }, leftOut: dataset.leftOut, results: matches },
        },
        lines: [
          `${query}: the ${matches.length} most similar of ${computed + kept} images, by ${by.network.name}`,
          ...matches.map(({ name, distance }, i) => `${String(i + 1).padStart(4)}  ${distance.toFixed(4)}  ${name}`),
        ],
      };
    });
    writeResult(options, result, lines);
  });

/** A file for each folder and network. */
const defaultIndex = (folder: string, network: LoadedNetwork): string =>
  join(storageFolder(), 'indexes', `${keyOf([folder, networkIdentity(network)])}.index`);
