import { Command } from 'commander';
import { exportNetwork } from '../exports/exportNetwork.js';
import { EXPORT_FORMATS, exportFormat } from '../exports/formats/index.js';
import { aboutNetwork } from './computing.js';
import { type CheckpointOptions, loadOptions, withNetworkOptions, withOutputOptions } from './options.js';
import { type OutputOptions, writeNotes, writeResult } from './terminal.js';

interface ExportOptions extends OutputOptions, Omit<CheckpointOptions, 'checkpoint'> {
  readonly format: string;
  readonly out: string;
}

/** `dino export CHECKPOINT --format NAME --out PATH`: a network as a file or folder of another program. */
export const exportCommand = (): Command =>
  withOutputOptions(
    withNetworkOptions(
      new Command('export')
        .description('write a network for another program, and say how to load it there')
        .argument('<checkpoint>', 'a run, a checkpoint folder, imported weights, or a file of weights')
        .requiredOption('--format <name>', EXPORT_FORMATS.map(({ name, purpose }) => `${name}: ${purpose}`).join('; '))
        .requiredOption('--out <path>', 'the file or folder to make'),
    ),
  ).action(async (checkpoint: string, options: ExportOptions) => {
    const format = exportFormat(options.format);
    const request = { checkpoint, out: options.out, ...loadOptions(options) };
    const { network, out, notes, code, language } = await exportNetwork(format, request);
    writeNotes(notes);
    writeResult(options, { out, format: format.name, ...aboutNetwork(network), code, language, notes }, [
      `${out}: ${network.name} for ${format.title}`,
      ...code.map((line) => `  ${line}`),
    ]);
  });
