/** What engines have compiled, kept in the storage folder for the next time, under a key that says what it was compiled from and for. */
import path from 'node:path';
import { buildIdentity } from '../files/build.js';
import { DerivedFiles, keyOf } from '../files/derivedFiles.js';
import type { Program } from '../program/program.js';
import { describeMachine } from './fastest.js';

/** Part of every key: another layout of the files, or of what a key says, is another number. */
const FORMAT = 4;
const LARGEST_BYTES = 256 * 2 ** 20;

/** Models kept in this storage folder, or undefined where this build cannot be told from others. */
export function compiledModelsIn(storage: string): CompiledModels | undefined {
  const build = buildIdentity();
  return build === undefined ? undefined : new CompiledModels(path.join(storage, 'compiled'), build);
}

export class CompiledModels extends DerivedFiles {
  /**
   * @param build which code compiles, a program's body and all that the compilers make of it: of another build nothing is taken
   * @param largest bytes of all files together; those that were used least lately go first
   */
  constructor(
    folder: string,
    private readonly build: string,
    largest = LARGEST_BYTES,
  ) {
    super(folder, '.compiled', largest);
  }

  /** For a program that `engine` (with its version) has compiled here; undefined for one without an identity. */
  keyOf({ name, identity, state, inputs }: Program, engine: string): string | undefined {
    if (identity === undefined) return undefined;
    return keyOf([FORMAT, this.build, engine, describeMachine(), name, identity, state, inputs]);
  }
}
