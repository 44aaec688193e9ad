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

export default {
  ...unit,
  resolve: { alias: [{ find: /^@tensorflow\/tfjs-(core|backend-cpu).*$/, replacement: tfjs }] },
  test: {
    ...unit.test,
    // A folder's mutants are for its own tests to notice.
    include: [`test/unit/${process.env['MUTATION_FOLDER'] ?? '*'}/**/*.test.ts`],
    setupFiles: ['test/mutation/stopAtFirstFailure.ts'],
    server: { deps: { external: [/tfjs-core\.cjs$/] } },
  },
};
