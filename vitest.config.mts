import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { assemblyForVite } from './scripts/assembly.mjs';
import { patience } from './test/patience.mjs';

export default defineConfig({
  plugins: [assemblyForVite],
  // As in esbuild.mjs: tfjs as modules, one copy of it.
  resolve: {
    alias: [{ find: /^(@tensorflow\/tfjs-[a-z-]+)$/, replacement: '$1/dist/index.js' }],
  },
  test: {
    include: ['test/{unit,parity}/**/*.test.ts'],
    // Processes, not threads: native modules (onnxruntime-node, sharp) and signals behave as they do for users.
    pool: 'forks',
    testTimeout: patience.test,
    hookTimeout: patience.test,
    expect: { poll: { timeout: patience.state } },
    // Where `npm test` installs TensorFlow, once; nothing of the developer's own is read or written.
    env: { DINO_STORAGE: path.resolve('.cache') },
    server: { deps: { inline: [/@tensorflow/] } },
  },
});
