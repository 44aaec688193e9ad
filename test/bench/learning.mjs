// npm run learn:compare: whether DINO Lab learns as well as the same training in PyTorch. Trains both on the first images of
// Fashion-MNIST, with the same settings and several seeds each; classifies test images by k-NN of the teacher's features after each
// epoch, both sides by the same code; writes means and spreads to EXPERIMENTS.md, and the curves to test/bench/learning.json, from which it
// draws the figure there.
//
//   --seeds N       trainings of each side (3)
//   --images N      images to train on, and to vote in the k-NN (4,000)
//   --queries N     test images that are classified (2,000)
//   --epochs N      times that the images are gone through (4)
//   --jobs N        trainings side by side (1)
//   --dry-run       leave the files of the repository as they are
//
// What has been trained is kept in .cache/learning: an interrupted comparison is resumed.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ask, train } from '../../scripts/dino.mjs';
import { fashionSubset } from '../../scripts/fashionMnist.mjs';
import { root } from '../../scripts/setup.mjs';
import { processorHere } from './machine.mjs';
import { torchPython } from './peerEnvironments.mjs';
import { experiments, table, writeSection } from './report.mjs';

const NEIGHBORS = 20;
const FIGURE = 'k-NN accuracy after each epoch, of DINO Lab and of the original in PyTorch with the same settings';
const peer = fileURLToPath(new URL('peer_learning.py', import.meta.url));
const curvesFile = fileURLToPath(new URL('learning.json', import.meta.url));

/** A small network, and a rate, batch and temperatures with which it learns in few steps. All that either side asks for stands here. */
const SETTINGS = {
  embed_dim: 96,
  depth: 3,
  num_heads: 3,
  patch_size: 4,
  image_size: 32,
  local_size: 16,
  local_crops_number: 4,
  global_crops_scale: [0.4, 1],
  local_crops_scale: [0.05, 0.4],
  out_dim: 1024,
  head_hidden_dim: 512,
  head_bottleneck_dim: 128,
  norm_last_layer: true,
  drop_path_rate: 0.1,
  batch_size: 16,
  lr: 0.008,
  min_lr: 1e-6,
  warmup_epochs: 1,
  weight_decay: 0.04,
  weight_decay_end: 0.4,
  clip_grad: 3,
  freeze_last_layer: 1,
  momentum_teacher: 0.97,
  teacher_temp: 0.02,
  warmup_teacher_temp: 0.02,
  warmup_teacher_temp_epochs: 0,
  student_temp: 0.1,
  center_momentum: 0.9,
};

/** @typedef {'dino' | 'torch'} Side */
/** @typedef {{ settings: object, knn: number[], losses: number[], seconds: number, by: string }} Trained percent after 0, 1, 2, … epochs */

const SIDES = /** @type {const} */ ({
  dino: { label: 'DINO Lab', color: '#1f6feb' },
  torch: { label: 'facebookresearch/dino in PyTorch, the same settings', color: '#9a6700' },
});

async function main() {
  const { values: options } = parseArgs({
    options: {
      seeds: { type: 'string', default: '3' },
      images: { type: 'string', default: '4000' },
      queries: { type: 'string', default: '2000' },
      epochs: { type: 'string', default: '4' },
      jobs: { type: 'string', default: '1' },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const seeds = count('seeds', options.seeds);
  const images = count('images', options.images);
  const queries = count('queries', options.queries);
  const epochs = count('epochs', options.epochs);
  const jobs = count('jobs', options.jobs);
  const cache = path.join(root, '.cache', 'learning', `${images}-images-${epochs}-epochs`);
  mkdirSync(cache, { recursive: true });
  const settings = { ...SETTINGS, epochs };
  const settingsFile = path.join(cache, 'settings.json');
  writeFileSync(settingsFile, `${JSON.stringify(settings, null, 2)}\n`);
  const data = path.join(root, '.cache', 'fashion');
  const parts = {
    settings,
    settingsFile,
    python: await torchPython(),
    threads: Math.max(1, Math.floor(os.availableParallelism() / jobs)),
    training: fashionSubset('train', images, data),
    queries: fashionSubset('t10k', queries, data),
  };

  const waiting = Array.from({ length: seeds }, (_, seed) =>
    /** @type {const} */ (['dino', 'torch']).map((side) => ({ side, seed })),
  ).flat();
  /** @type {Record<Side, Trained[]>} */
  const trained = { dino: [], torch: [] };
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        trained[one.side][one.seed] = await trainedBefore(cache, one, parts);
      }
    }),
  );

  const processor = await processorHere();
  const report = `${curveTable(trained)}\n\n${conditions(trained, { images, queries, seeds, processor })}`;
  console.log(`\n${report}`);
  if (options['dry-run']) return;
  writeSection('learning', `\n![${FIGURE}](media/learning.png)\n\n${report}\n`, experiments);
  const curves = Object.entries(SIDES).map(([side, { label, color }]) => ({
    label,
    color,
    knn: trained[/** @type {Side} */ (side)].map(({ knn }) => knn),
  }));
  writeFileSync(curvesFile, `${JSON.stringify({ images, curves }, null, 2)}\n`);
  await import('../../scripts/learningChart.mjs');
}

/** @typedef {{ settings: object, settingsFile: string, python: string, threads: number, training: string, queries: string }} Parts */

/** One training with its curve, from the cache where it is there with these settings. @returns {Promise<Trained>} */
async function trainedBefore(
  /** @type {string} */ cache,
  /** @type {{ side: Side, seed: number }} */ { side, seed },
  /** @type {Parts} */ parts,
) {
  const name = `${side}-${seed}`;
  const file = path.join(cache, `${name}.json`);
  if (existsSync(file)) {
    const before = JSON.parse(readFileSync(file, 'utf8'));
    if (JSON.stringify(before.settings) === JSON.stringify(parts.settings)) return before;
  }
  const out = path.join(cache, name);
  rmSync(out, { recursive: true, force: true });
  console.log(`${name}: training`);
  const { checkpoints, ...ended } = await (side === 'dino' ? trainDino : trainTorch)(out, seed, parts);
  const knn = [];
  for (const checkpoint of checkpoints) {
    knn.push(await accuracy(checkpoint, parts));
    console.log(`${name}: ${knn.at(-1)} % after ${knn.length - 1} epochs`);
  }
  const result = { settings: parts.settings, knn, ...ended };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

async function trainDino(
  /** @type {string} */ out,
  /** @type {number} */ seed,
  /** @type {Parts} */ { settings, settingsFile, training },
) {
  const set = [`seed=${seed}`, 'saveckp_freq=1', 'num_workers=1'].flatMap((one) => ['--set', one]);
  const code = await train([training, '--out', out, '--engine', 'onnx', '--config', settingsFile, ...set]).ended;
  const run = JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8'));
  if (code !== 0 || run.status !== 'finished') throw new Error(`The training in ${out} did not finish.`);
  for (const [key, value] of Object.entries(settings)) {
    if (JSON.stringify(run.config[key]) !== JSON.stringify(value)) {
      throw new Error(`${out} was trained with ${key} ${JSON.stringify(run.config[key])}.`);
    }
  }
  const folder = path.join(out, 'checkpoints');
  const steps = readdirSync(folder).filter((name) => /^\d+$/.test(name));
  const checkpoints = steps
    .filter((name) => Number(name) % run.totals.stepsPerEpoch === 0)
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => path.join(folder, name));
  return { checkpoints, losses: epochLosses(out), seconds: run.totals.seconds, by: run.engine.version };
}

/** Mean loss of each epoch. @returns {number[]} */
function epochLosses(/** @type {string} */ run) {
  const lines = readFileSync(path.join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  /** @type {number[][]} */
  const byEpoch = [];
  for (const line of lines) {
    const { epoch, loss } = JSON.parse(line);
    if (typeof loss === 'number') byEpoch[epoch] = [...(byEpoch[epoch] ?? []), loss];
  }
  return byEpoch.map(mean);
}

async function trainTorch(
  /** @type {string} */ out,
  /** @type {number} */ seed,
  /** @type {Parts} */ { settings, settingsFile, python, threads, training },
) {
  const given = { settings: settingsFile, data: training, out, seed, threads };
  const { losses, seconds, torch } = await lastLine(python, [
    peer,
    ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, `${value}`]),
  ]);
  const { epochs } = /** @type {{ epochs: number }} */ (settings);
  const checkpoints = Array.from({ length: epochs + 1 }, (_, epoch) => path.join(out, `epoch${epoch}.pth`));
  return { checkpoints, losses, seconds, by: `PyTorch ${torch}` };
}

/** The JSON object on the last line that a program prints. @returns {Promise<any>} */
function lastLine(/** @type {string} */ program, /** @type {string[]} */ args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
      else reject(new Error(`${path.basename(args[0] ?? program)} ended with exit code ${code}.`));
    });
  });
}

/** Top-1 in percent of the teacher's features. @returns {Promise<number>} */
async function accuracy(/** @type {string} */ checkpoint, /** @type {Parts} */ { training, queries }) {
  const heads = checkpoint.endsWith('.pth') ? ['--heads', `${SETTINGS.num_heads}`] : [];
  const sets = ['--train', training, '--test', queries];
  const { knn } = await ask(['eval', 'knn', '--checkpoint', checkpoint, ...sets, '--k', `${NEIGHBORS}`, ...heads]);
  return knn[NEIGHBORS].top1;
}

function curveTable(/** @type {Record<Side, Trained[]>} */ trained) {
  const epochs = trained.dino[0]?.knn.keys() ?? [];
  const rows = Object.entries(SIDES).map(([side, { label }]) => {
    const runs = trained[/** @type {Side} */ (side)];
    return [label, ...(runs[0]?.knn.map((_, epoch) => spread(runs.map(({ knn }) => knn[epoch] ?? Number.NaN))) ?? [])];
  });
  return table(['epochs', ...[...epochs].map(String)], rows);
}

/** Mean and standard deviation of the seeds. */
function spread(/** @type {number[]} */ values) {
  const center = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
  return `${center.toFixed(1)} ± ${Math.sqrt(variance).toFixed(1)}`;
}

const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function conditions(
  /** @type {Record<Side, Trained[]>} */ { dino, torch },
  /** @type {{ images: number, queries: number, seeds: number, processor: string }} */ {
    images,
    queries,
    seeds,
    processor,
  },
) {
  const number = (/** @type {number} */ value) => value.toLocaleString('en');
  return (
    `Percent of ${number(queries)} test images classified right by their ${NEIGHBORS} nearest neighbors among the ${number(images)} ` +
    `that were trained on; mean and standard deviation of ${seeds} seeds. ${dino[0]?.by}; ${torch[0]?.by}; ${processor}. ` +
    `${new Date().toISOString().slice(0, 10)}.`
  );
}

function count(/** @type {string} */ name, /** @type {string} */ text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} is ${text}, but must be a whole number above 0.`);
  return value;
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
