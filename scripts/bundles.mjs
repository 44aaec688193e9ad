/** How esbuild bundles what is shipped: programs for Node and pages for webviews. */
import { assemblyForEsbuild } from './assembly.mjs';

/** What Node loads from node_modules at run time: native code, and packages with worker files of their own. */
export const external = [
  'vscode',
  'onnxruntime-node',
  'koffi',
  'sharp',
  'piscina',
  '@tensorflow/tfjs-node-gpu',
  'usearch',
];

/** @type {import('esbuild').BuildOptions} */
const everywhere = {
  bundle: true,
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
  plugins: [assemblyForEsbuild],
};

/** @type {import('esbuild').BuildOptions} */
export const forNode = {
  ...everywhere,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // tfjs registers its gradients in modules; its CommonJS bundle would be a second tfjs beside them.
  mainFields: ['module', 'main'],
  external,
  // Some of what is bundled is written as ES modules and asks where it lies.
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
};

/** @type {import('esbuild').BuildOptions} */
export const forPages = { ...everywhere, platform: 'browser', target: 'chrome120', format: 'iife' };
