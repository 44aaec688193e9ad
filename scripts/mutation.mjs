// npm run mutation [-- FOLDER|FILE...] [--sample LINES] [--concurrency N]: puts small faults (mutants) into the sources of a folder, one at
// a time, and counts those that its unit tests notice. Exit code 0 only when every folder reaches its goal. What was tested
// before and has not changed since, source or tests, is not tested again: .cache/mutation has the results. A whole folder takes hours:
// --sample takes so many of its lines, in blocks chosen by a hash of their place, and says how far off that may be.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { root, run } from './setup.mjs';

/** The share of a folder's mutants that its tests must kill: the mathematics and what is said of it, then the rest. */
const goals = { method: 0.85, evaluation: 0.85, diagnosis: 0.85, compile: 0.75, training: 0.75, data: 0.75 };

/** Folders of tests, where they are not the folder's own alone: what is emitted shows its faults where it runs. */
const testFolders = { compile: '{compile,engines,exports}' };

const cache = path.join(root, '.cache');
const results = path.join(cache, 'mutation');

/** @typedef {{ killed: number, total: number }} Counts Mutants that are disabled with a reason, or static, do not count. */

/** Of a sample, in lines: most mutants are of one line, and a longer one must lie within a block. */
const BLOCK = 10;

/** Blocks of lines of a folder's sources, as Stryker writes them, in an order that is random and always the same. */
function sampleOf(/** @type {string} */ folder, /** @type {number} */ lines) {
  const files = readdirSync(path.join(root, 'src', folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `src/${folder}/${name}`)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.includes('/assembly/'));
  const blocks = files.flatMap((file) => {
    const count = readFileSync(path.join(root, file), 'utf8').trimEnd().split('\n').length;
    const first = Array.from({ length: Math.ceil(count / BLOCK) }, (_, block) => block * BLOCK + 1);
    return first.map((line) => `${file}:${line}-${Math.min(line + BLOCK - 1, count)}`);
  });
  const keyed = blocks.map((block) => ({ block, key: createHash('sha256').update(block).digest('hex') }));
  return keyed
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, Math.ceil(lines / BLOCK))
    .map(({ block }) => block);
}

/**
 * @param name of the results that are kept: of some of its files or lines they are no folder's
 * @returns {Promise<Counts>}
 */
async function countKilled(
  /** @type {string} */ folder,
  /** @type {string[]} */ sources,
  /** @type {string} */ name,
  /** @type {string} */ concurrency,
) {
  // What an earlier call has left would be counted if this one makes none.
  rmSync(path.join(results, 'report.json'), { force: true });
  const stryker = path.join(root, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const mutate = [...sources, '!src/**/assembly/**', '!src/**/*.d.ts'].join();
  const args = [stryker, 'run', '--mutate', mutate, '--concurrency', concurrency];
  args.push('--incrementalFile', path.join(results, `${name}.incremental.json`));
  const tests = Object.hasOwn(testFolders, folder) ? testFolders[/** @type {'compile'} */ (folder)] : folder;
  const env = { MUTATION_TESTS: tests, MUTATION_TENSORFLOW: path.join(cache, 'tensorflow') };
  await run(process.execPath, args, { env: { ...process.env, ...env } });
  /** @type {{ files: Record<string, { mutants: { status: string }[] }> }} */
  const report = JSON.parse(readFileSync(path.join(results, 'report.json'), 'utf8'));
  const statuses = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (/** @type {string[]} */ ...wanted) => statuses.filter((status) => wanted.includes(status)).length;
  const killed = count('Killed', 'Timeout');
  return { killed, total: killed + count('Survived', 'NoCoverage') };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: 'string', default: String(Math.max(1, os.availableParallelism() - 1)) },
    sample: { type: 'string' },
  },
});

/**
 * Where the share of the whole folder lies 95 times of 100, by Wilson, if mutants of one block are no more alike than others. Those that
 * are longer than a block are in no sample.
 */
function interval(/** @type {number} */ share, /** @type {number} */ total) {
  const z = 1.96;
  const middle = (share + z ** 2 / total / 2) / (1 + z ** 2 / total);
  const half = (z * Math.sqrt((share * (1 - share)) / total + (z / total / 2) ** 2)) / (1 + z ** 2 / total);
  return { least: middle - half, most: middle + half };
}

const lines = values.sample === undefined ? undefined : Number(values.sample);
if (lines !== undefined && !(Number.isInteger(lines) && lines > 0)) {
  console.error(`--sample is ${values.sample}, but must be a number of lines.`);
  process.exit(2);
}

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
if (lines !== undefined && [...asked.values()].some((files) => files.length > 0)) {
  console.error('--sample is of whole folders: name no files with it.');
  process.exit(2);
}
if (asked.size === 0) {
  for (const folder of Object.keys(goals)) if (existsSync(path.join(root, 'src', folder))) asked.set(folder, []);
}

mkdirSync(results, { recursive: true });
/** @type {string[]} */
const table = [];
for (const [folder, files] of asked) {
  const isWhole = files.length === 0;
  const sources = lines !== undefined ? sampleOf(folder, lines) : isWhole ? [`src/${folder}/**/*.ts`] : files;
  const name = lines !== undefined ? `${folder}-sample` : isWhole ? folder : `${folder}-files`;
  const { killed, total } = await countKilled(folder, sources, name, values.concurrency);
  const what = isWhole ? `src/${folder}` : files.join(' ');
  if (total === 0) {
    process.exitCode = 1;
    table.push(`${what}: no mutants`);
    continue;
  }
  const goal = goals[/** @type {keyof typeof goals} */ (folder)];
  const share = killed / total;
  const { least, most } = lines !== undefined ? interval(share, total) : { least: share, most: share };
  // Of a sample only what cannot be chance is a failure.
  const isBelow = isWhole && most < goal;
  if (isBelow) process.exitCode = 1;
  const percent = (/** @type {number} */ part) => (100 * part).toFixed(1);
  const about = lines === undefined ? '' : ` (${percent(least)} to ${percent(most)})`;
  const below = isBelow ? `, below ${100 * goal} %` : '';
  table.push(`${what}: ${killed} of ${total} killed, ${percent(share)} %${about}${below}`);
}
console.log(table.join('\n'));
