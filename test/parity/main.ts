/**
 * npm run parity -- [DIR...] [--engine NAME] [--precision NAME]: replays reference folders on every engine of this machine, in every
 * precision that it has, and prints the differences. Exit code 0 when all that was compared is within its limit.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { ENGINE_NAMES, ENGINES, type EngineName } from '../../src/engines/abilities.js';
import { PRECISIONS, type Precision } from '../../src/engines/engine.js';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { ENDS, type End } from './ends.js';
import { findReferences, REFERENCES, readReference } from './references.js';
import { report } from './report.js';

const SESSION_FILE = fileURLToPath(new URL('session.cjs', import.meta.url));

interface Wanted {
  readonly engine?: EngineName;
  readonly precision?: Precision;
}

async function main(given: readonly string[], wanted: Wanted): Promise<boolean> {
  let ok = true;
  const readable: string[] = [];
  for (const dir of given.length > 0 ? given : foundReferences()) {
    try {
      const reference = readReference(dir);
      if (!(await report(`${dir}: method and files`, reference.withoutEngine()))) ok = false;
      for (const name of [...reference.leftOut, ...(reference.arbitrary ?? [])]) console.log(`  not compared: ${name}`);
      readable.push(dir);
    } catch (error) {
      console.log(`\n${dir}: ${errorMessage(error)}`);
      ok = false;
    }
  }
  if (readable.length > 0 && !(await onEngines(readable, wanted))) ok = false;
  console.log(ok ? '\nEverything is within its limit.' : '\nNot everything is within its limit.');
  return ok;
}

function foundReferences(): readonly string[] {
  const { folders, others } = findReferences();
  for (const problem of others) console.log(`not replayed: ${problem}`);
  return folders;
}

/** @returns whether at least one of the engines wanted could run, and all that did are within their limits */
async function onEngines(dirs: readonly string[], wanted: Wanted): Promise<boolean> {
  const ends: End[] = [];
  for (const { name: engine, precisions } of ENGINES) {
    for (const precision of precisions) {
      if ((wanted.engine ?? engine) !== engine || (wanted.precision ?? precision) !== precision) continue;
      ends.push(await onEngine(engine, precision, dirs));
    }
  }
  if (!ends.some((end) => end !== 'not run')) console.log('\nNone of the engines asked for can run here.');
  return ends.includes('within') && !ends.includes('over');
}

function onEngine(engine: EngineName, precision: Precision, dirs: readonly string[]): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SESSION_FILE, engine, precision, ...dirs], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === ENDS.within) resolve('within');
      else if (code === ENDS['not run']) resolve('not run');
      else {
        if (code !== ENDS.over)
          console.log(`  FAIL ${engine}, ${precision}: it ended by ${signal ?? `exit code ${code}`}`);
        resolve('over');
      }
    });
  });
}

new Command()
  .argument('[references...]', `folders of the forms of those in ${REFERENCES} (default: all of these)`)
  .addOption(new Option('--engine <name>', 'this engine alone').choices(ENGINE_NAMES))
  .addOption(new Option('--precision <name>', 'this precision alone').choices(PRECISIONS))
  .action(async (dirs: string[], wanted: Wanted) => {
    process.exitCode = (await main(dirs, wanted)) ? 0 : 1;
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(errorMessage(error));
    process.exitCode = 1;
  });
