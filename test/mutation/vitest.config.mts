import path from 'node:path';
import { buildSync } from 'esbuild';
import unit from '../../vitest.config.mts';

const tfjs = path.resolve('.cache/mutation/tfjs-core.cjs');

/**
 * Every mutant loads its tests anew. tfjs as one file takes a tenth of a second of that, as its 900 modules it takes five.
 */
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
  mainFields: ['module', 'main'],
  outfile: tfjs,
});

export default { 
  ...unit,
  resolve: { alias: [{ find: /^@tensorflow\/.*$/, replacement: tfjs }] },
  test: {
    include: [`test/unit/${process.env['MUTATION_FOLDER'] ?? '*'}/**/*.test.ts`],
    testTimeout: 20_000,
    server: { deps: { external: [/tfjs-core\.cjs$/] } },
  },
};
