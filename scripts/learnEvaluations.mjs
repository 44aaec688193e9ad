// npm run learn:evaluations: what the features are good for, on real labeled images. Trains as `dino train DATA --out RUN` does for
// somebody who says no more, and evaluates k-NN, the linear probe, retrieval and copies: of the trained network, of the untrained
// one, and of two descriptions without a network. Writes the table of EXPERIMENTS.md. What is done already is not done again.
//
//   --data NAME         only this data set: fashion or emoji
//   --dry-run           print the table only
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { processorHere } from '../test/bench/machine.mjs';
import { measure } from '../test/bench/measure.mjs';
import { experiments, table, writeSection } from '../test/bench/report.mjs';
import { emojiData, fashionData } from './evaluationData.mjs';
import { checkpointNames, dino, readRun } from './learningRuns.mjs';
import { root } from './setup.mjs';

const cache = path.join(root, '.cache', 'learning');
const plain = path.join(root, 'dist', 'test', 'bench', 'plainFeatures.cjs');
const K = 20;

/** @typedef {import('./evaluationData.mjs').EvaluationData} EvaluationData */
/** In percent. @typedef {{ knn: number, linear: number, retrieval: number, copies: Readonly<Record<string, number>> }} Scores */
/** @typedef {{ label: string, scores: Scores }} Row */

/** @type {Readonly<Record<string, (cache: string) => Promise<EvaluationData>>>} */
const DATA = { fashion: fashionData, emoji: emojiData };

async function main() {
  const { values: options } = parseArgs({
    options: {
      data: { type: 'string', multiple: true, default: Object.keys(DATA) },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const unknown = options.data.find((name) => !Object.hasOwn(DATA, name));
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${Object.keys(DATA).join(', ')}.`);
  /** @type {string[]} */
  const parts = [];
  for (const name of options.data) {
    const data = await DATA[name]?.(cache);
    if (data !== undefined) parts.push(await partOf(name, data));
  }
  const text = `${parts.join('\n\n')}\n\n${await processorHere()}. ${new Date().toISOString().slice(0, 10)}.`;
  console.log(`\n${text}`);
  if (!options['dry-run']) writeSection('evaluations', `\n${text}\n`, experiments);
}

async function partOf(/** @type {string} */ name, /** @type {EvaluationData} */ data) {
  const folder = path.join(cache, 'evaluations', name);
  const run = path.join(folder, 'run');
  const started = existsSync(path.join(run, 'run.json'));
  if (!started || readRun(run).status !== 'finished')
    await dino(['train', data.train, '--out', run, ...(started ? ['--resume'] : ['--set', 'seed=0'])]);
  const { status, preset, totals, dataset, config } = readRun(run);
  if (status !== 'finished') throw new Error(`${run} is ${status} after step ${totals.steps}: start again to go on.`);
  const names = checkpointNames(run);
  const checkpoint = (/** @type {string | undefined} */ step) => path.join(run, 'checkpoints', step ?? '');
  const side = config.image_size;
  /** @type {Row[]} */
  const rows = [];
  for (const [label, scores] of /** @type {const} */ ([
    ['DINO, trained', () => ofNetwork(checkpoint(names.at(-1)), data, side)],
    ['the untrained network', () => ofNetwork(checkpoint(names[0]), data, side)],
    [`raw pixels, ${side} x ${side}`, () => ofPlain('pixels', data, side)],
    ['color histogram', () => ofPlain('histogram', data, side)],
  ]))
    rows.push({ label, scores: await kept(path.join(folder, `${label.replaceAll(/[^a-z]+/gi, '-')}.json`), scores) });
  const copies = Object.keys(rows[0]?.scores.copies ?? {});
  const headings = [
    'Features',
    `k-NN, k ${K}`,
    'Linear probe',
    'Retrieval, mAP',
    ...copies.map((of) => `Copies, ${of}`),
  ];
  const lines = rows.map(({ label, scores: { knn, linear, retrieval, copies } }) => [
    label,
    ...[knn, linear, retrieval, ...Object.values(copies)].map((value) => value.toFixed(1)),
  ]);
  const what = `${dataset.images.toLocaleString('en')} images, preset \`${preset}\`, ${totals.steps.toLocaleString('en')} steps`;
  return `*${data.title}*: ${what}.\n\n${table(headings, lines)}`;
}

/** What was measured before, or now. @returns {Promise<Scores>} */
async function kept(/** @type {string} */ file, /** @type {() => Promise<Scores>} */ compute) {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const scores = await compute();
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(scores, null, 2)}\n`);
  console.log(`${file}: ${JSON.stringify(scores)}`);
  return scores;
}

/** By the product's own commands. @returns {Promise<Scores>} */
async function ofNetwork(
  /** @type {string} */ checkpoint,
  /** @type {EvaluationData} */ { train, test, images, gnd, copydays, distractors },
  /** @type {number} */ side,
) {
  const evaluated = async (/** @type {string} */ name, /** @type {string[]} */ ...args) => {
    const stdout = await dino(['eval', name, '--checkpoint', checkpoint, ...args, '--json']);
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')[name];
  };
  const sets = ['--train', train, '--test', test];
  const size = ['--size', String(side)];
  const { [K]: knn } = await evaluated('knn', ...sets, '--k', String(K));
  const linear = await evaluated('linear', ...sets);
  const { difficulties } = await evaluated('retrieval', '--images', images, '--gnd', gnd, ...size);
  const others = distractors === undefined ? [] : ['--distractors', distractors];
  const { blocks } = await evaluated('copies', '--copydays', copydays, ...others, ...size);
  return { knn: knn.top1, linear: linear.top1, retrieval: difficulties.easy.map, copies: copiesIn(blocks) };
}

/** By the same code, of features that need no network. @returns {Promise<Scores>} */
async function ofPlain(
  /** @type {'pixels' | 'histogram'} */ kind,
  /** @type {EvaluationData} */ { train, test, images, gnd, copydays, distractors },
  /** @type {number} */ side,
) {
  const inputs = { train, test, images, gnd, copydays, ...(distractors && { distractors }) };
  const args = Object.entries({ kind, side, k: K, ...inputs }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  /** @type {any} */
  const { knn, linear, retrieval, blocks } = await measure({ program: process.execPath, args: [plain, ...args] });
  return { knn, linear, retrieval, copies: copiesIn(blocks) };
}

/** Without the originals, which find themselves. */
const copiesIn = (/** @type {readonly { name: string, map: number }[]} */ blocks) =>
  Object.fromEntries(blocks.filter(({ name }) => name !== 'original').map(({ name, map }) => [name, 100 * map]));

main().catch((error) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
