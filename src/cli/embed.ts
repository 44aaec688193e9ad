import { Command } from 'commander';
import { datasetNotes, openDataset } from '../data/dataset.js';
import { chooseEngine } from '../engines/choose.js';
import { embedToFile } from '../evaluation/embedToFile.js';
import { featureFormOf } from '../evaluation/featureForms/index.js';
import { labeledByTable } from '../evaluation/tableLabels.js';
import { loadNetwork } from '../runs/network.js';
import { aboutNetwork } from './computing.js';
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

interface EmbedOptions extends OutputOptions, CheckpointOptions, LabelFlags {
  readonly labels?: string;
  readonly out: string;
  readonly engine: EngineChoice;
}

/** `dino embed DATA`: the features of images, in a file. */
export const embedCommand = (): Command =>
  withOutputOptions(
    withLabelTable(
      withCheckpointOptions(
        new Command('embed')
          .description("write the teacher's features of images to a file, scaled to length 1")
          .argument('<data>', 'a folder of images, or an IDX file'),
      )
        .requiredOption(
          '--out <file>',
          '.npy or .safetensors (with the names in .names.tsv beside it), .csv, .tsv or .parquet',
        )
        .addOption(engineOption().default('auto'))
        .option('--labels <table>', "the images' classes, from a table in the place of the folders"),
    ),
  ).action(async (data: string, options: EmbedOptions) => {
    const { checkpoint, out, engine: engineName } = options;
    featureFormOf(out);
    const opened = await openDataset(data);
    const labeled =
      options.labels === undefined
        ? { dataset: opened, notes: [] }
        : await labeledByTable(opened, options.labels, tableOptionsOf(options));
    const { dataset } = labeled;
    const network = await loadNetwork(checkpoint, loadOptions(options));
    const dataNotes = [...datasetNotes(dataset), ...labeled.notes].map((note) => `${note}.`);
    const notes = [...dataNotes, ...network.notes];
    writeNotes(notes);
    const engine = await chooseEngine(engineName);
    const line = new ProgressLine();
    noteLeftOut(line, dataset);
    try {
      const { files, rows, dim, unreadable } = await embedToFile(dataset, network, engine, out, {
        progress: (done) => line.update(done, dataset.size, `features: ${done}/${dataset.size}`),
        resumed: (done) => line.note(`${out}.part has the features of ${done} images, which are not computed again`),
      });
      line.end();
      for (const message of unreadable) line.note(`warn: ${message}`);
      writeResult(
        options,
        {
          files,
          pictures: rows,
          dim,
          unreadable: unreadable.length,
          leftOut: dataset.leftOut,
          ...aboutNetwork(network),
          engine: engine.name,
          notes,
        },
        [`${files.join(', ')}: ${rows} images, ${dim} numbers each, by ${network.name}`],
      );
    } finally {
      line.end();
    }
  });
