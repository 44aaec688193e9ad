import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** Makes a source file of src/runs runnable by a plain Node process, for the tests that kill one. */
export function bundle(source: string, folder: string): string {
  const outfile = join(folder, `${source}.cjs`);
  const entry = join(import.meta.dirname, '../../../src/runs', `${source}.ts`);
  buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
