// How mutants are made and run; scripts/mutation.mjs says in which folders, and what share of them the tests must kill.
/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.mts', related: false },
  coverageAnalysis: 'perTest',
  incremental: true,
  // What a module computes while it is loaded is run by every test of a folder: minutes for each such mutant.
  ignoreStatic: true,
  mutator: {
    // It empties texts. The name of a tensor or of an op is missed at once, whatever is tested, and the words of a message are no
    // logic: a test of each would copy the code. So the share that is killed is a share of what is computed and decided.
    excludedMutations: ['StringLiteral'],
  },
  // In the sandbox lie the sources, their tests, and what those read.
  ignorePatterns: [
    '**',
    '!src/**',
    '!webview/**',
    '!test/unit/**',
    '!test/mutation/**',
    '!test/reference/**',
    '!media/**',
    '!scripts/**',
    '!dist/{cropWorker,cli}.cjs',
    '!*.{json,mjs,mts}',
  ],
  tempDirName: '.cache/mutation/sandboxes',
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: '.cache/mutation/report.json' },
  clearTextReporter: { allowColor: false, reportTests: false, reportScoreTable: false, logTests: false },
  timeoutMS: 20_000,
  // The first run has all tests of a folder, one after the other.
  dryRunTimeoutMinutes: 60,
};
