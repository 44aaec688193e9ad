import { Command } from 'commander';
import { listEngines } from '../engines/choose.js';
import { installEngineCommand } from './installEngine.js';
import { withOutputOptions } from './options.js';
import { type OutputOptions, writeResult } from './terminal.js';

/** `dino engines`: what this machine can compute with, and why not with the others. */
export const enginesCommand = (): Command =>
  withOutputOptions(new Command('engines').description('list the engines, and why some cannot be used'))
    .addCommand(installEngineCommand())
    .action(async (options: OutputOptions) => {
      const engines = await listEngines();
      writeResult(
        options,
        { engines },
        engines.map(
          (engine) =>
            engine.name.padEnd(12) +
            (engine.available ? engine.version : `not available: ${engine.reason}; to mend it, ${engine.fix}`),
        ),
      );
    });
