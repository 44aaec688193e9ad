import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { buildSync } from 'esbuild';
import unit from '../../vitest.config.mjs';

/** tfjs in one file: every mutant loads its tests anew, and 900 modules take five seconds of that. */
const tfjs = path.resolve('.cache/mutation/tfjs-core.cjs');
buildSync({
  stdin: {
    contents: `
      import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
      export * from '@tensorflow/tfjs-core';
      export { version_cpu } from '@tensorflow/tfjs-backend-cpu';`,
    resolveDir: process.cwd(),
  },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  // As modules, one copy of it.
  mainFields: ['module', 'main'],
  outfile: tfjs,
});

// Where Stryker runs the tests there is nothing that was installed.
const installed = process.env['MUTATION_TENSORFLOW'];
const here = path.resolve('.cache', 'tensorflow');
if (installed !== undefined && existsSync(installed) && !existsSync(here)) {
  mkdirSync(path.dirname(here), { recursive: true });
  symlinkSync(installed, here);
}

export default {
  ...unit,
  resolve: { alias: [{ find: /^@tensorflow\/tfjs-(core|backend-cpu).*$/, replacement: tfjs }] },
  test: {
    ...unit.test,
    // A folder's mutants are for its own tests to notice, or for those that scripts/mutation.mjs names.
    include: [`test/unit/${process.env['MUTATION_TESTS'] ?? '*'}/**/*.test.ts`],
    setupFiles: ['test/mutation/stopAtFirstFailure.ts'],
    server: { deps: { external: [/tfjs-core\.cjs$/] } },
  },
};
