import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.e2e.ts'],
    // One workbench at a time: what a person sees in time depends on what else the machine does.
    fileParallelism: false,
    testTimeout: 300_000,
    // As patient as the workbench itself.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 120_000,
  },
});
