import { defineConfig } from 'vitest/config';
import { patience } from '../patience.mjs';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.e2e.ts'],
    // One workbench at a time: what a person sees in time depends on what else the machine does.
    fileParallelism: false,
    testTimeout: patience.test,
    hookTimeout: patience.test,
    expect: { poll: { timeout: patience.state } },
  },
});
