// How mutants are made and run; scripts/mutation.mjs says of which folders, and what share of them tests must kill.
/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.mts', related: false },
  coverageAnalysis: 'perTest',
  incremental: true,
  mutator: {
    // It only ever empties a text. Names of tensors and ops make the program fail at once, which says nothing of the tests;
    // of messages the tests check what matters, and repeating the rest would copy the code.
    excludedMutations: ['StringLiteral'],
  },
  // What a module computes when it is loaded is run by every test: minutes for each such mutant.
  ignoreStatic: true,
  // What lies in the sandbox: sources, their tests, and what those read.
  ignorePatterns: ['**', '!src/**', '!webview/**', '!test/unit/**', '!test/mutation/**', '!test/reference/**', '!media/**', '!scripts/**', '!*.json', '!*.mjs', '!*.mts'],
  tempDirName: '.cache/mutation/sandboxes',
  disableTypeChecks: false,
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false, reportScoreTable: false, logTests: false },
  allowEmpty: true,
  timeoutMS: 10_000,
};
