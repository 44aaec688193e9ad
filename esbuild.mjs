// Bundles every entry of DINO Lab into dist/: node esbuild.mjs [--watch] [--tests]
// esbuild only bundles; the types are checked by `npm run check`.
import { chmodSync, cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';
import { globSync } from 'tinyglobby';
import { external, forNode, forPages } from './scripts/bundles.mjs';

const watch = process.argv.includes('--watch');
const tests = process.argv.includes('--tests');

/** Bundle in dist/ (without .cjs) and its entry. */
const programs = {
  extension: 'src/extension.ts',
  cli: 'src/cli.ts',
  worker: 'src/worker/main.ts',
  cropWorker: 'src/data/cropWorker.ts',
  tensorflowThread: 'src/engines/tensorflow/thread.ts',
  updateThread: 'src/engines/updates/thread.ts',
};

/** One bundle a view: webview/<view>/main.ts -> dist/webview/<view>.js, with its style sheet beside it. */
const views = Object.fromEntries(
  globSync('webview/*/main.ts').map((file) => [`webview/${path.basename(path.dirname(file))}`, file]),
);

/** The Mocha suite that runs inside the extension host: test/extension/x.test.ts -> dist/test/extension/x.test.cjs. */
const suite = Object.fromEntries(
  globSync('test/extension/**/{index,*.test}.ts').map((file) => [file.replace(/\.ts$/, ''), file]),
);

/** @type {esbuild.BuildOptions[]} */
const builds = [
  { ...forNode, entryPoints: programs },
  { ...forPages, entryPoints: views },
];
if (tests) {
  const entryPoints = {
    ...suite,
    'test/parity/main': 'test/parity/main.ts',
    'test/parity/session': 'test/parity/session.ts',
    'test/bench/makeCrops': 'test/bench/makeCrops.ts',
    'test/bench/layOut': 'test/bench/layOut.ts',
    'test/bench/plainFeatures': 'test/bench/plainFeatures.ts',
    'test/bench/evaluationSpeed': 'test/bench/evaluationSpeed.ts',
    'test/bench/makeCheckpoint': 'test/bench/makeCheckpoint.ts',
    'test/bench/retrieval': 'test/bench/retrieval.ts',
  };
  builds.push({ ...forNode, entryPoints, external: [...external, 'mocha'] });
}

/** Builds that are under way; the two marker lines are what .vscode/tasks.json's problem matcher waits for. */
let underWay = 0;
/** @type {esbuild.Plugin} */
const report = {
  name: 'report',
  setup(build) {
    build.onStart(() => {
      if (underWay++ === 0) console.log('[build started]');
    });
    build.onEnd(({ metafile }) => {
      if (metafile && 'dist/cli.cjs' in metafile.outputs) chmodSync('dist/cli.cjs', 0o755);
      if (--underWay === 0) console.log('[build finished]');
    });
  },
};

if (!watch) rmSync('dist', { recursive: true, force: true });
// What "Install TensorFlow Engine" compiles: the package that it comes from is not shipped itself.
cpSync('node_modules/@tensorflow/tfjs-node-gpu/binding', 'dist/tensorflow/binding', { recursive: true });
cpSync('node_modules/node-api-headers/include', 'dist/tensorflow/node-api', { recursive: true });
cpSync('src/engines/tensorflow/install/sessionConfig.h', 'dist/tensorflow/sessionConfig.h');
const contexts = await Promise.all(
  builds.map((options) =>
    esbuild.context({ ...options, outdir: 'dist', plugins: [...(options.plugins ?? []), report] }),
  ),
);
if (watch) {
  await Promise.all(contexts.map((context) => context.watch()));
} else {
  const results = await Promise.allSettled(contexts.map((context) => context.rebuild()));
  await Promise.all(contexts.map((context) => context.dispose()));
  if (results.some(({ status }) => status === 'rejected')) process.exitCode = 1;
}
