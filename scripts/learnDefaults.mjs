// npm run learn:defaults: whether the settings that the product chooses by itself teach a network something, on data sets of the kinds
// that people try first. Trains on each as `dino train DATA --out RUN` does for somebody who says no more, with three seeds, and
// classifies other images by k-NN (k 20) of the teacher's features: untrained, and at the end. Writes .cache/learning/defaults.json
// and prints a table. What is done already is not done again; an interrupted run goes on where it was.
//
//   --data NAME         only this data set, can be repeated; a name that is none lists them
//   --seeds N           seeds 0 to N-1 (3)
//   --table             only the table of what is there
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { DATA_SETS } from './learningData.mjs';
import { checkpointNames, meanAndSpread, nearestNeighbors, readRun, trained } from './learningRuns.mjs';
import { root } from './setup.mjs';

const cache = path.join(root, '.cache', 'learning');
const K = 20;

/** @typedef {{ name: string, seed: number, images: number, steps: number, preset: string | undefined, untrained: number, trained: number }} Row */

async function main() {
  const { values: options } = parseArgs({
    options: {
      data: { type: 'string', multiple: true, default: Object.keys(DATA_SETS) },
      seeds: { type: 'string', default: '3' },
      table: { type: 'boolean', default: false },
    },
  });
  const unknown = options.data.find((name) => !Object.hasOwn(DATA_SETS, name));
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${Object.keys(DATA_SETS).join(', ')}.`);
  mkdirSync(cache, { recursive: true });
  const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed);
  // Seed by seed: what is measured first is every data set once.
  for (const seed of options.table ? [] : seeds) for (const name of options.data) await measure(name, seed);

  const rows = Object.keys(DATA_SETS).flatMap((name) => seeds.flatMap((seed) => rowsOf(name, seed)));
  const file = path.join(cache, 'defaults.json');
  writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`\n${table(rows)}\n\nThe rows are in ${file}`);
}

const runFolder = (/** @type {string} */ name, /** @type {number} */ seed) =>
  path.join(cache, 'runs', name, `seed-${seed}`);
const rowFile = (/** @type {string} */ name, /** @type {number} */ seed) =>
  path.join(runFolder(name, seed), 'learned.json');

/** @returns {Row[]} One, when it has been measured. */
const rowsOf = (/** @type {string} */ name, /** @type {number} */ seed) =>
  existsSync(rowFile(name, seed)) ? [JSON.parse(readFileSync(rowFile(name, seed), 'utf8'))] : [];

async function measure(/** @type {string} */ name, /** @type {number} */ seed) {
  if (existsSync(rowFile(name, seed))) return;
  const data = await DATA_SETS[name]?.make(cache);
  if (data === undefined) return;
  const run = runFolder(name, seed);
  await trained(run, data.train, ['--set', `seed=${seed}`]);
  const { preset, totals, dataset } = readRun(run);
  const names = checkpointNames(run);
  const accuracy = async (/** @type {string | undefined} */ checkpoint) => {
    const folder = path.join(run, 'checkpoints', checkpoint ?? '');
    return (await nearestNeighbors(folder, data.train, data.queries))[K] ?? Number.NaN;
  };
  const [before, after] = [await accuracy(names[0]), await accuracy(names.at(-1))];
  /** @type {Row} */
  const row = { name, seed, images: dataset.images, steps: totals.steps, preset, untrained: before, trained: after };
  writeFileSync(rowFile(name, seed), `${JSON.stringify(row, null, 2)}\n`);
  console.log(
    `${name}, seed ${seed}: ${before.toFixed(1)} % untrained, ${after.toFixed(1)} % after ${totals.steps} steps`,
  );
}

function table(/** @type {readonly Row[]} */ rows) {
  const lines = Object.entries(DATA_SETS).flatMap(([name, { title }]) => {
    const of = rows.filter((row) => row.name === name);
    const [first] = of;
    if (first === undefined) return [];
    return [
      [
        title,
        first.images.toLocaleString('en'),
        first.steps.toLocaleString('en'),
        meanAndSpread(of.map(({ untrained }) => untrained)),
        meanAndSpread(of.map(({ trained }) => trained)),
        of.map(({ untrained, trained }) => signed(trained - untrained)).join(', '),
      ],
    ];
  });
  const headings = ['Data set', 'Images', 'Steps', 'Untrained', 'Trained', 'Gain, seed by seed'];
  return [headings, headings.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const signed = (/** @type {number} */ value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;

main().catch((error) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
