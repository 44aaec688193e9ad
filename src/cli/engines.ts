import { Command } from 'commander';
import { type EngineReport, forgetMeasured, listEngines } from '../engines/choose.js';
import { milliseconds } from '../engines/definitions/definition.js';
import { describeProcessor, thisProcessor } from '../engines/processor.js';
import { installEngineCommand } from './installEngine.js';
import { withOutputOptions } from './options.js';
import { type OutputOptions, writeResult } from './terminal.js';

/** `dino engines`: what this machine can compute with, and why not with the others. */
export const enginesCommand = (): Command =>
  withOutputOptions(
    new Command('engines')
      .description('list the engines, and why some cannot be used')
      .option('--again', 'forget what was measured and tried before, as after a new driver', false),
  )
    .addCommand(installEngineCommand())
    .action(async (options: EnginesOptions) => {
      if (options.again) forgetMeasured();
      const engines = await listEngines();
      const processor = describeProcessor(thisProcessor());
      writeResult(options, { processor, engines: engines.map(forJson) }, [
        `${'processor'.padEnd(12)}${processor}`,
        ...engines.flatMap(linesOf),
      ]);
    });

interface EnginesOptions extends OutputOptions {
  readonly again: boolean;
}

function forJson(engine: EngineReport): object {
  if (!engine.available) return engine;
  const { details, ...report } = engine;
  return { ...report, ...details?.values };
}

function linesOf(engine: EngineReport): string[] {
  const name = engine.name.padEnd(12);
  if (!engine.available) return [`${name}not available: ${engine.reason}; to mend it, ${engine.fix}`];
  const speed =
    engine.milliseconds === undefined ? '' : `, ${milliseconds(engine.milliseconds)} for the step of a small network`;
  return [`${name}${engine.version}${speed}`, ...(engine.details?.lines ?? [])];
}
