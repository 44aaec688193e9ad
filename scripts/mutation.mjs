// npm run mutation [-- FOLDER|FILE...] [--concurrency N]: puts small faults (mutants) into the sources of a folder, one at a time, and counts
// those that the folder's own unit tests notice. Exit code 0 only when every folder reaches its goal. What was tested before and has
// not changed since, source or tests, is not tested again: .cache/mutation has the results.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { root, run } from './setup.mjs';

/** The share of a folder's mutants that its tests must kill: the mathematics and what is said of it, then the rest. */
const goals = { method: 0.85, evaluation: 0.85, diagnosis: 0.85, compile: 0.75, training: 0.75, data: 0.75 };

const results = path.join(root, '.cache', 'mutation');

/** @typedef {{ killed: number, total: number }} Counts Mutants that are disabled with a reason, or static, do not count. */

/** @returns {Promise<Counts>} */
async function countKilled(
  /** @type {string} */ folder,
  /** @type {string[]} */ files,
  /** @type {string} */ concurrency,
) {
  const isWhole = files.length === 0;
  const sources = isWhole ? [`src/${folder}/**/*.ts`] : files;
  const stryker = path.join(root, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const mutate = [...sources, '!src/**/assembly/**', '!src/**/*.d.ts'].join();
  // Of single files the results are no folder's: they are kept apart.
  const name = isWhole ? folder : `${folder}-files`;
  const args = [stryker, 'run', '--mutate', mutate, '--concurrency', concurrency];
  args.push('--incrementalFile', path.join(results, `${name}.incremental.json`));
  await run(process.execPath, args, { env: { ...process.env, MUTATION_FOLDER: folder } });
  /** @type {{ files: Record<string, { mutants: { status: string }[] }> }} */
  const report = JSON.parse(readFileSync(path.join(results, 'report.json'), 'utf8'));
  const statuses = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (/** @type {string[]} */ ...wanted) => statuses.filter((status) => wanted.includes(status)).length;
  const killed = count('Killed', 'Timeout');
  return { killed, total: killed + count('Survived', 'NoCoverage') };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { concurrency: { type: 'string', default: String(Math.max(1, os.availableParallelism() - 1)) } },
});

/** @type {Map<string, string[]>} Files by folder; none means all of it. */
const asked = new Map();
for (const name of positionals) {
  const [, folder, file] = /^(?:src\/)?([^/]+)(?:\/(.+\.ts))?\/?$/.exec(name) ?? [];
  if (folder === undefined || !(folder in goals)) {
    console.error(`${name} is none of ${Object.keys(goals).join(', ')}, nor a file in one of them.`);
    process.exit(2);
  }
  asked.set(folder, [...(asked.get(folder) ?? []), ...(file === undefined ? [] : [`src/${folder}/${file}`])]);
}
if (asked.size === 0) {
  for (const folder of Object.keys(goals)) if (existsSync(path.join(root, 'src', folder))) asked.set(folder, []);
}

mkdirSync(results, { recursive: true });
/** @type {string[]} */
const table = [];
for (const [folder, files] of asked) {
  const { killed, total } = await countKilled(folder, files, values.concurrency);
  const goal = goals[/** @type {keyof typeof goals} */ (folder)];
  const share = total === 0 ? 1 : killed / total;
  const isBelow = files.length === 0 && share < goal;
  if (isBelow) process.exitCode = 1;
  const what = files.length === 0 ? `src/${folder}` : files.join(' ');
  table.push(
    `${what}: ${killed} of ${total} killed, ${(100 * share).toFixed(1)} %${isBelow ? `, below ${100 * goal} %` : ''}`,
  );
}
console.log(table.join('\n'));
