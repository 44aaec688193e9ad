// npm test: sets everything up, runs every test, and ends with one line: `N passed, N failed, N skipped`.
// Exit code 0 only when every stage came to its end, had tests, and none failed.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { patience } from '../test/patience.mjs';
import { installTensorBoard } from './installTensorBoard.mjs';
import { installTensorFlow } from './installTensorFlow.mjs';
import { packageExtension } from './packageExtension.mjs';
import { build, install, root } from './setup.mjs';

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {Counts & { failures?: string[] }} Results With the name of each test that failed, and the first line of why.
 * @typedef {object} Stage
 * @property {string} name
 * @property {string[]} args Node's.
 * @property {string} results The file that it writes at its end; a stage without one crashed.
 * @property {(text: string) => Results} count Reads that file.
 */

const resultsFolder = path.join(root, 'build', 'test-results');

/** @type {Stage[]} */
const stages = [
  { name: 'check', args: ['scripts/check.mjs'], results: 'check.json', count: JSON.parse },
  { name: 'unit and parity', ...vitest('vitest.config.mts', 'unit.json') },
  {
    name: 'extension',
    args: ['test/workbench/runExtensionTests.mjs'],
    results: 'extension.jsonl',
    count: readEvents,
  },
  { name: 'workbench', ...vitest('test/workbench/vitest.config.mts', 'workbench.json') },
];

/** @type {Stage} */
const tensorBoard = {
  name: 'TensorBoard',
  args: ['scripts/tensorBoardCheck.mjs'],
  results: 'tensorboard.json',
  count: JSON.parse,
};

/** Python and PyPI are not everywhere: without them this stage is skipped, by name. */
async function hasTensorBoard() {
  try {
    await installTensorBoard();
    return true;
  } catch (error) {
    console.log(`Without TensorBoard its test is skipped: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

/** @returns {Omit<Stage, 'name'>} */
function vitest(/** @type {string} */ config, /** @type {string} */ results) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path.join(resultsFolder, results)}`];
  return {
    args: ['node_modules/vitest/vitest.mjs', 'run', '--config', config, ...reporters],
    results,
    count: (text) => {
      const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(text);
      return {
        passed: numPassedTests,
        failed: numFailedTests,
        skipped: numPendingTests + numTodoTests,
        failures: testResults.flatMap(failuresOfFile),
      };
    },
  };
}

/** @returns {string[]} */
function failuresOfFile(/** @type {any} */ { name, status, message, assertionResults }) {
  const file = path.relative(root, name);
  const tests = assertionResults.filter((/** @type {any} */ test) => test.status === 'failed');
  // A file that cannot be loaded has no tests.
  if (tests.length === 0) return status === 'failed' ? [failure(file, message)] : [];
  return tests.map((/** @type {any} */ test) => failure(`${file}: ${test.fullName}`, test.failureMessages[0]));
}

const failure = (/** @type {string} */ name, /** @type {string | undefined} */ message) =>
  `${name}\n    ${(message ?? '').split('\n', 1)[0]}`;

/** @returns {Results} */
function readEvents(/** @type {string} */ lines) {
  const events = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const last = events.at(-1);
  if (last.event !== 'end') throw new Error('the suite did not come to its end');
  const failed = events.filter(({ event }) => event === 'fail');
  return { ...last, failures: failed.map(({ test, message }) => failure(test, message)) };
}

/** Runs a program of Node's with its output going through. @returns {Promise<boolean>} Whether it ended well, and in time. */
function passes(/** @type {string[]} */ args) {
  return new Promise((resolve) => {
    // Its own process group, so that a stage that hangs ends with all that it started.
    const group = process.platform !== 'win32';
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', detached: group });
    const kill = () => {
      if (child.pid !== undefined) process.kill(group ? -child.pid : child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      console.error(`No end within ${patience.suite / 60_000} minutes.`);
      kill();
    }, patience.suite);
    process.once('exit', kill);
    child.once('close', (code) => {
      clearTimeout(timer);
      process.off('exit', kill);
      resolve(code === 0);
    });
  });
}

/** @returns {Promise<Results>} At least one failure unless the stage ended well, with tests that passed. */
async function runStage(/** @type {Stage} */ { args, results, count }) {
  const file = path.join(resultsFolder, results);
  rmSync(file, { force: true });
  const endedWell = await passes(args);
  /** @type {Results} */
  let counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    counts = count(readFileSync(file, 'utf8'));
  } catch (error) {
    console.error(`No results: ${error instanceof Error ? error.message : error}`);
  }
  const isGood = endedWell && counts.passed > 0;
  return { ...counts, failed: isGood ? counts.failed : Math.max(1, counts.failed) };
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const table = [];
/** @type {string[]} */
const failures = [];
function record(/** @type {string} */ name, /** @type {Results} */ counts, /** @type {number} */ began) {
  failures.push(...(counts.failures ?? []));
  for (const key of /** @type {(keyof Counts)[]} */ (['passed', 'failed', 'skipped'])) total[key] += counts[key];
  const columns = [
    counts.passed,
    counts.failed,
    counts.skipped,
    `${((performance.now() - began) / 1000).toFixed(0)} s`,
  ];
  table.push(name.padEnd(18) + columns.map((column) => String(column).padStart(9)).join(''));
}

const setUpBegan = performance.now();
try {
  await install(root);
  await build({ tests: true });
  await installTensorFlow();
  await packageExtension();
  const readsEvents = await hasTensorBoard();
  mkdirSync(resultsFolder, { recursive: true });
  record('set-up', { passed: 0, failed: 0, skipped: 0 }, setUpBegan);
  if (!readsEvents) record(tensorBoard.name, { passed: 0, failed: 0, skipped: 1 }, performance.now());
  for (const stage of readsEvents ? [...stages, tensorBoard] : stages) {
    console.log(`\n== ${stage.name} ==`);
    const began = performance.now();
    record(stage.name, await runStage(stage), began);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  record('set-up', { passed: 0, failed: 1, skipped: 0 }, setUpBegan);
}

if (failures.length > 0) console.log(`\nFailed:\n  ${failures.join('\n  ')}`);
console.log(
  `\n${['', 'passed', 'failed', 'skipped', 'time'].map((title, i) => (i === 0 ? title.padEnd(18) : title.padStart(9))).join('')}`,
);
for (const row of table) console.log(row);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
