import { Command } from 'commander';
import { type EngineReport, listEngines } from '../engines/choose.js';
import { SPEEDS } from '../engines/fastest.js';
import { forget } from '../engines/memory.js';
import { type ProviderReport, TRIED_PROVIDERS } from '../engines/onnxProvider.js';
import { describeProcessor, thisProcessor } from '../engines/processor.js';
import { storageFolder } from '../engines/storage.js';
import { type FormTimes, TIMED_FORMS } from '../engines/tensorflow/forms.js';
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
      if (options.again) for (const memory of [SPEEDS, TRIED_PROVIDERS, TIMED_FORMS]) forget(storageFolder(), memory);
      const engines = await listEngines();
      const processor = describeProcessor(thisProcessor());
      writeResult(options, { processor, engines }, [
        `${'processor'.padEnd(12)}${processor}`,
        ...engines.flatMap(linesOf),
      ]);
    });

interface EnginesOptions extends OutputOptions {
  readonly again: boolean;
}

function linesOf(engine: EngineReport): string[] {
  const name = engine.name.padEnd(12);
  if (!engine.available) return [`${name}not available: ${engine.reason}; to mend it, ${engine.fix}`];
  const speed =
    engine.milliseconds === undefined ? '' : `, ${milliseconds(engine.milliseconds)} for the step of a small network`;
  return [
    `${name}${engine.version}${speed}`,
    ...(engine.providers ?? []).map(lineOfProvider),
    ...(engine.forms === undefined ? [] : linesOfForms(engine.forms, engine.version)),
  ];
}

/** Programs whose times are shown. */
const SHOWN_FORMS = 5;

function linesOfForms(forms: readonly FormTimes[], version: string): string[] {
  const title = '  XLA'.padEnd(12);
  if (forms.length > 0) return forms.slice(-SHOWN_FORMS).map((times) => title + describeForms(times));
  if (version.includes('gpu'))
    return [`${title}a program is timed with it and as a plain graph when it first runs; the faster one is kept`];
  return [
    `${title}not used: on a processor it compiles for longer than most runs win by it, so programs run as plain graphs; DINO_TENSORFLOW_XLA=1 uses it`,
  ];
}

function describeForms({ program, plain, xla }: FormTimes): string {
  if (typeof xla === 'string') return `cannot compile a ${program} here, which runs as a plain graph: ${xla}`;
  const isFaster = xla <= plain;
  return `${isFaster ? 'used' : 'not used'} for a ${program}: ${milliseconds(xla)}, ${milliseconds(plain)} as a plain graph`;
}

function lineOfProvider(provider: ProviderReport): string {
  const name = `  ${provider.name}`.padEnd(12);
  if (!provider.available) return `${name}not available: ${provider.reason}; to mend it, ${provider.fix}`;
  const times = `${milliseconds(provider.milliseconds)} for a step that takes the processor ${milliseconds(provider.cpuMilliseconds)}`;
  const isSlower = provider.milliseconds >= provider.cpuMilliseconds;
  return `${name}computes rightly, ${times}${isSlower ? ': used only when the setting provider names it' : ''}`;
}

const milliseconds = (value: number): string => `${value.toPrecision(3)} ms`;
