import { availableParallelism } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { assemblyForVite } from './scripts/assembly.mjs';
import { patience } from './test/patience.mjs';

/** What takes longest first, so that no core is left alone with it at the end. */
class ParityFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isParity = ({ moduleId }: TestSpecification) => /parity.*\.test\.ts$/i.test(path.basename(moduleId));
    const others = await super.sort(files.filter((file) => !isParity(file)));
    return [...files.filter(isParity), ...others];
  }
}

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
    // One more than by default: most tests keep a single core busy.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: ParityFirst },
    testTimeout: patience.test,
    hookTimeout: patience.test,
    expect: { poll: { timeout: patience.state } },
    // Where `npm test` installs TensorFlow, once; nothing of the developer's own is read or written.
    env: { DINO_STORAGE: path.resolve('.cache') },
    server: { deps: { inline: [/@tensorflow/] } },
  },
});
