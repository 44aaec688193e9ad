import { defineConfig } from 'vitest/config';
import { patience } from '../patience.mjs';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.e2e.ts'],
    // Two workbenches at a time: they wait for much, so one core is enough for each.
    maxWorkers: 2,
    testTimeout: patience.test,
    hookTimeout: patience.test,
    expect: { poll: { timeout: patience.state } },
  },
});
