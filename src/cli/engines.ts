import { Command } from 'commander';
import { type EngineReport, listEngines } from '../engines/choose.js';
import { SPEEDS } from '../engines/fastest.js';
import { forget } from '../engines/memory.js';
import { type ProviderReport, TRIED_PROVIDERS } from '../engines/onnxProvider.js';
import { storageFolder } from '../engines/storage.js';
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
      if (options.again) for (const memory of [SPEEDS, TRIED_PROVIDERS]) forget(storageFolder(), memory);
      const engines = await listEngines();
      writeResult(options, { engines }, engines.flatMap(linesOf));
    });

interface EnginesOptions extends OutputOptions {
  readonly again: boolean;
}

function linesOf(engine: EngineReport): string[] {
  const name = engine.name.padEnd(12);
  if (!engine.available) return [`${name}not available: ${engine.reason}; to mend it, ${engine.fix}`];
  const speed =
    engine.milliseconds === undefined ? '' : `, ${milliseconds(engine.milliseconds)} for the step of a small network`;
  return [`${name}${engine.version}${speed}`, ...(engine.providers ?? []).map(lineOfProvider)];
}

function lineOfProvider(provider: ProviderReport): string {
  const name = `  ${provider.name}`.padEnd(12);
  if (!provider.available) return `${name}not available: ${provider.reason}; to mend it, ${provider.fix}`;
  const times = `${milliseconds(provider.milliseconds)} for a step that takes the processor ${milliseconds(provider.cpuMilliseconds)}`;
  const isSlower = provider.milliseconds >= provider.cpuMilliseconds;
  return `${name}computes rightly, ${times}${isSlower ? ': used only when the setting provider names it' : ''}`;
}

const milliseconds = (value: number): string => `${value.toPrecision(3)} ms`;
