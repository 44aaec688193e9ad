import { join } from 'node:path';
import { Command } from 'commander';
import { datasetNotes, openDataset } from '../data/dataset.js';
import { storageFolder } from '../engines/storage.js';
import { networkIdentity } from '../evaluation/networkIdentity.js';
import { updateIndex } from '../evaluation/retrieval/folderIndex.js';
import { graphOf } from '../evaluation/retrieval/graphFile.js';
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
        .description('find the images of a folder that are most like an image: by exact search among their features, beyond 100,000 images by a graph of near neighbors')
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
      const graph = await graphOf(path, updated.index, by);
      line.end();
      const graphNotes = typeof graph === 'string' ? [graph] : [];
      writeNotes(graphNotes);
      const own = await rowOfFile(query, dataset, updated);
      const near = typeof graph === 'object' ? graph : undefined;
      const matches = mostSimilar(updated, feature, options.k, own, near);
      const { computed, kept } = updated;
      const search = near === undefined ? 'exact' : 'approximate';
      return {
        result: {
          ...aboutNetwork(by.network),
          ...{ engine: by.engine.name, notes: [...notes, ...updated.notes, ...graphNotes] },
          ...{ query, folder, index: { path, computed, kept }, search, leftOut: dataset.leftOut },
          results: matches.map(({ name, distance }) => ({ name, distance })),
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
