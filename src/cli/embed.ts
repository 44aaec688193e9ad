import { Command } from 'commander';
import { openDataset } from '../data/dataset.js';
import { chooseEngine } from '../engines/choose.js';
import { embed } from '../evaluation/embedding.js';
import { requireFeatureFileName, writeFeatures } from '../evaluation/featureFile.js';
import { loadNetwork } from '../runs/network.js';
import { type EngineChoice, engineOption, headsOption, withOutputOptions } from './options.js';
import { type OutputOptions, ProgressLine, writeResult } from './terminal.js';

interface EmbedOptions extends OutputOptions {
  readonly checkpoint: string;
  readonly out: string;
  readonly heads?: number;
  readonly engine: EngineChoice;
}

/** `dino embed DATA`: the features of pictures, in a file. */
export const embedCommand = (): Command =>
  withOutputOptions(
    new Command('embed')
      .description("write the teacher's features of pictures to a file, scaled to length 1")
      .argument('<data>', 'a folder of pictures, or an IDX file')
      .requiredOption('--checkpoint <path>', 'a run, a checkpoint folder, a .safetensors or a .pth')
      .requiredOption('--out <file>', '.npy (with the names in .names.tsv beside it), .csv or .tsv')
      .addOption(headsOption())
      .addOption(engineOption().default('auto')),
  ).action(async (data: string, options: EmbedOptions) => {
    const { checkpoint, out, heads, engine: engineName } = options;
    requireFeatureFileName(out);
    const dataset = await openDataset(data);
    const network = await loadNetwork(checkpoint, { ...(heads !== undefined && { numHeads: heads }) });
    const engine = await chooseEngine(engineName);
    const line = new ProgressLine();
    try {
      const { features, names, labels, classes, unreadable } = await embed(dataset, network, engine, (done) =>
        line.update(done, dataset.size, `features: ${done}/${dataset.size}`),
      );
      line.end();
      for (const message of unreadable) line.note(`warn: ${message}`);
      const files = await writeFeatures(out, {
        features,
        names,
        classes: Array.from(labels, (label) => classes[label] ?? ''),
      });
      const { rows, dim } = features;
      writeResult(
        options,
        {
          files,
          pictures: rows,
          dim,
          unreadable: unreadable.length,
          checkpoint: network.name,
          step: network.step,
          engine: engine.name,
        },
        [`${files.join(', ')}: ${rows} pictures, ${dim} numbers each, by ${network.name}`],
      );
    } finally {
      line.end();
    }
  });
