// npm run learn:evaluations: what the features are good for, on real labeled images. Trains by each method as `dino train DATA --out RUN
// --method METHOD` does for somebody who says no more, with several seeds, and evaluates k-NN, the linear probe, retrieval, segmentation by
// attention, and copies: of the trained networks, of the untrained ones, and of two descriptions without a network. Writes the table of
// EXPERIMENTS.md. What is done already is not done again; an interrupted run is resumed.
//
//   --data NAME         only this data set: fashion or emoji
//   --seeds N           seeds 0 to N-1 (3)
//   --table             only the table of what is there, printed
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { processorHere } from '../test/bench/machine.mjs';
import { measure } from '../test/bench/measure.mjs';
import { experiments, table, writeSection } from '../test/bench/report.mjs';
import { emojiData, fashionData } from './evaluationData.mjs';
import { checkpointNames, dino, meanAndSpread, readRun, trained } from './learningRuns.mjs';
import { root } from './setup.mjs';

const cache = path.join(root, '.cache', 'learning');
const plain = path.join(root, 'dist', 'test', 'bench', 'plainFeatures.cjs');
const K = 20;
const METHODS = /** @type {const} */ ({ dinov2: 'DINOv2, trained', dino: 'DINO, trained' });

/** @typedef {import('./evaluationData.mjs').EvaluationData} EvaluationData */
/** In percent. @typedef {{ knn: number, linear: number, retrieval: number, segmentation?: number, copies: Readonly<Record<string, number>> }} Scores */

/** @type {Readonly<Record<string, (cache: string) => Promise<EvaluationData>>>} */
const DATA = { fashion: fashionData, emoji: emojiData };

async function main() {
  const { values: options } = parseArgs({
    options: {
      data: { type: 'string', multiple: true, default: Object.keys(DATA) },
      seeds: { type: 'string', default: '3' },
      table: { type: 'boolean', default: false },
    },
  });
  const unknown = options.data.find((name) => !Object.hasOwn(DATA, name));
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${Object.keys(DATA).join(', ')}.`);
  const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed);
  /** @type {Map<string, Measured>} */
  const measured = new Map();
  for (const name of options.data) {
    const data = await DATA[name]?.(cache);
    if (data !== undefined) measured.set(name, new Measured(name, data, options.table));
  }
  // Seed by seed: what is measured first is everything once.
  for (const seed of seeds) for (const of of measured.values()) await of.measure(seed);
  const parts = [...measured.values()].map((of) => of.table());
  const text = `${parts.join('\n\n')}\n\n${await processorHere()}. ${new Date().toISOString().slice(0, 10)}.`;
  console.log(`\n${text}`);
  if (!options.table) writeSection('evaluations', `\n${text}\n`, experiments);
}

/** What was measured on one data set. */
class Measured {
  /** By label. @type {Map<string, Scores[]>} */
  #scores = new Map();
  #what = '';

  constructor(/** @type {string} */ name, /** @type {EvaluationData} */ data, /** @type {boolean} */ isTableOnly) {
    this.folder = path.join(cache, 'evaluations', name);
    this.data = data;
    this.isTableOnly = isTableOnly;
  }

  async measure(/** @type {number} */ seed) {
    for (const [method, label] of Object.entries(METHODS)) {
      const run = path.join(this.folder, `${method}-${seed}`);
      if (!this.isTableOnly) await trained(run, this.data.train, ['--method', method, '--set', `seed=${seed}`]);
      if (!existsSync(path.join(run, 'run.json'))) continue;
      const { totals, dataset, config } = readRun(run);
      const side = config.image_size;
      const names = checkpointNames(run);
      const ofCheckpoint = (/** @type {string | undefined} */ step) =>
        ofNetwork(path.join(run, 'checkpoints', step ?? ''), this.data, side);
      await this.#add(label, seed, () => ofCheckpoint(names.at(-1)));
      if (method !== 'dinov2') continue;
      this.#what = `${dataset.images.toLocaleString('en')} images, ${totals.steps.toLocaleString('en')} steps`;
      // Both methods start from the same weights.
      await this.#add('the untrained network', seed, () => ofCheckpoint(names[0]));
      if (seed > 0) continue;
      await this.#add(`raw pixels, ${side} x ${side}`, 0, () => ofPlain('pixels', this.data, side));
      await this.#add('color histogram', 0, () => ofPlain('histogram', this.data, side));
    }
  }

  /** What was measured before, or now. */
  async #add(/** @type {string} */ label, /** @type {number} */ seed, /** @type {() => Promise<Scores>} */ compute) {
    const file = path.join(this.folder, `${label.replaceAll(/[^a-z0-9]+/gi, '-')}-${seed}.json`);
    if (!existsSync(file)) {
      if (this.isTableOnly) return;
      const scores = await compute();
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, `${JSON.stringify(scores, null, 2)}\n`);
      console.log(`${file}: ${JSON.stringify(scores)}`);
    }
    const scores = JSON.parse(readFileSync(file, 'utf8'));
    this.#scores.set(label, [...(this.#scores.get(label) ?? []), scores]);
  }

  table() {
    const copies = Object.keys([...this.#scores.values()][0]?.[0]?.copies ?? {});
    const headings = [
      'Features',
      'Seeds',
      `k-NN, k ${K}`,
      'Linear probe',
      'Retrieval, mAP',
      'Segmentation, Jaccard',
      ...copies.map((of) => `Copies, ${of}`),
    ];
    const isTrained = (/** @type {string} */ label) => Object.values(METHODS).some((trained) => trained === label);
    const rows = [...this.#scores].sort(([one], [other]) => Number(isTrained(other)) - Number(isTrained(one)));
    const lines = rows.map(([label, scores]) => [
      label,
      `${scores.length}`,
      ...[
        scores.map(({ knn }) => knn),
        scores.map(({ linear }) => linear),
        scores.map(({ retrieval }) => retrieval),
        scores.flatMap(({ segmentation }) => segmentation ?? []),
        ...copies.map((of) => scores.map(({ copies }) => copies[of] ?? Number.NaN)),
      ].map(meanAndSpread),
    ]);
    return `*${this.data.title}*: ${this.#what}.\n\n${table(headings, lines)}`;
  }
}

/** By the product's own commands. @returns {Promise<Scores>} */
async function ofNetwork(
  /** @type {string} */ checkpoint,
  /** @type {EvaluationData} */ { train, test, images, masks, gnd, copydays, distractors },
  /** @type {number} */ side,
) {
  const evaluated = async (/** @type {string} */ name, /** @type {string[]} */ ...args) => {
    const stdout = await dino(['eval', name, '--checkpoint', checkpoint, ...args, '--json']);
    return lastLine(stdout)[name];
  };
  const sets = ['--train', train, '--test', test];
  const size = ['--size', String(side)];
  const { [K]: knn } = await evaluated('knn', ...sets, '--k', String(K));
  const linear = await evaluated('linear', ...sets);
  const { difficulties } = await evaluated('retrieval', '--images', images, '--gnd', gnd, ...size);
  const others = distractors === undefined ? [] : ['--distractors', distractors];
  const { blocks } = await evaluated('copies', '--copydays', copydays, ...others, ...size);
  const { jaccard } = lastLine(await dino(['segment', images, '--masks', masks, '--checkpoint', checkpoint, '--json']));
  const segmentation = 100 * jaccard.ofEachHead[jaccard.bestHead - 1];
  return {
    knn: knn.top1,
    linear: linear.top1,
    retrieval: difficulties.easy.map,
    segmentation,
    copies: copiesIn(blocks),
  };
}

const lastLine = (/** @type {string} */ stdout) => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

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
