#!/usr/bin/env node
/** The `dino` command: parses arguments and hands over to one file a command. */
import './engines/nativeThreads.js';
import { Command, CommanderError } from 'commander';
import { version } from '../package.json';
import { attackCommand } from './cli/attack.js';
import { attentionCommand } from './cli/attention.js';
import { benchCommand } from './cli/bench.js';
import { copiesCommand } from './cli/copies.js';
import { embedCommand } from './cli/embed.js';
import { enginesCommand } from './cli/engines.js';
import { evalCommand } from './cli/eval.js';
import { exportCommand } from './cli/export.js';
import { finetuneCommand } from './cli/finetune.js';
import { importCommand } from './cli/import.js';
import { patchesCommand } from './cli/patches.js';
import { projectCommand } from './cli/project.js';
import { retrieveCommand } from './cli/retrieve.js';
import { runsCommand } from './cli/runs.js';
import { segmentCommand } from './cli/segment.js';
import { endAtOnceOnSignals } from './cli/signals.js';
import { suggestCommand } from './cli/suggest.js';
import { describeError, outliveReaders, writeLine } from './cli/terminal.js';
import { trainCommand } from './cli/train.js';

const FAILED = 1;
const BAD_USAGE = 2;

async function main(): Promise<void> {
  outliveReaders();
  endAtOnceOnSignals();
  const program = new Command('dino')
    .version(version)
    .description('Train a Vision Transformer without labels on a folder of images, and look inside it.')
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .showHelpAfterError('(--help says what there is)');
  const commands = [
    trainCommand,
    finetuneCommand,
    suggestCommand,
    importCommand,
    exportCommand,
    runsCommand,
    evalCommand,
    attentionCommand,
    patchesCommand,
    embedCommand,
    projectCommand,
    retrieveCommand,
    copiesCommand,
    attackCommand,
    segmentCommand,
    enginesCommand,
    benchCommand,
  ];
  for (const command of commands.map((make) => make())) {
    program.addCommand(command);
    inheritSettings(program, command);
  }
  try {
    await program.parseAsync();
  } catch (error) {
    // Commander has written its own message by now; its help and version "errors" have exit code 0.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : BAD_USAGE;
      return;
    }
    writeLine(`dino: ${describeError(error, process.argv.includes('--verbose'))}`);
    process.exitCode = FAILED;
  }
}

/** `addCommand` does not copy the parent's settings as `command()` does. */
function inheritSettings(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheritSettings(command, child);
}

void main();
