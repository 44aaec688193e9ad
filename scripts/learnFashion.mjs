// npm run learn:fashion: how well DINO learns on Fashion-MNIST. Trains on its first 10,000 images, classifies 2,000 test images by
// k-NN of the teacher's features for the untrained network and after each epoch, writes the curve to .cache/fashion/<label>.json and
// prints it.
//
//   --label NAME        names the run and its files; "original" unless a preset is given
//   --preset NAME       train with a preset of `dino train` instead of the original's settings
//   --set key=value     one more setting, can be repeated
//   --images N          images to train on (10,000)
//   --epochs N          times they are gone through (5)
//   --gallery N         training images that vote in the k-NN (10,000), whatever --images says, so that curves compare
//   --queries N         test images that are classified (2,000)
//   --resume            go on with an interrupted run, or only evaluate a finished one again
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { fashionSubset } from './fashionMnist.mjs';
import { checkpointNames, dino, NEIGHBORS, nearestNeighbors, readRun } from './learningRuns.mjs';
import { root } from './setup.mjs';

const cache = path.join(root, '.cache', 'fashion');

/** The original's defaults (projection head 2048 and 256, drop path .1, teacher temperature .04, …) save for these. */
const ORIGINAL = {
  embed_dim: 192,
  depth: 6,
  num_heads: 3,
  patch_size: 4,
  image_size: 32,
  local_size: 16,
  local_crops_number: 4,
  out_dim: 1024,
  batch_size: 64,
  lr: 5e-4,
  momentum_teacher: 0.99,
};

/** @typedef {{ epoch: number, step: number, imagesSeen: number, knn: Record<number, number>, loss: number | undefined }} CurvePoint */

async function main() {
  const { values: options } = parseArgs({
    options: {
      label: { type: 'string' },
      preset: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      images: { type: 'string', default: '10000' },
      epochs: { type: 'string', default: '5' },
      gallery: { type: 'string', default: '10000' },
      queries: { type: 'string', default: '2000' },
      resume: { type: 'boolean', default: false },
    },
  });
  const label = options.label ?? options.preset ?? 'original';
  const run = path.join(cache, 'runs', label);
  const known = existsSync(path.join(run, 'run.json'));
  if (known && !options.resume) {
    throw new Error(`${run} is there already: choose another --label, go on with it by --resume, or delete it.`);
  }
  const trainingSet = fashionSubset('train', count('--images', options.images), cache);
  const gallery = fashionSubset('train', count('--gallery', options.gallery), cache);
  const queries = fashionSubset('t10k', count('--queries', options.queries), cache);

  const settings = [`epochs=${count('--epochs', options.epochs)}`, 'saveckp_freq=1', ...options.set];
  if (!known || readRun(run).status !== 'finished') {
    const start = known
      ? ['--resume']
      : [
          ...(options.preset ? ['--preset', options.preset] : ['--config', originalConfig()]),
          ...settings.flatMap((setting) => ['--set', setting]),
        ];
    await dino(['train', trainingSet, '--out', run, ...start]);
  }

  const { status, preset, config, engine, totals } = readRun(run);
  if (preset !== options.preset) {
    throw new Error(
      `${run} was trained with ${preset ? `the preset ${preset}` : 'no preset'}: choose another --label.`,
    );
  }
  // `dino train` ends well when it is asked to stop; a curve of half a run must not pass for the whole one.
  if (status !== 'finished') throw new Error(`${run} is ${status} after step ${totals.steps}: go on with --resume.`);
  const losses = epochLosses(run);
  /** @type {CurvePoint[]} */
  const curve = [];
  for (const name of checkpointNames(run)) {
    const step = Number(name);
    if (step % totals.stepsPerEpoch !== 0) continue; // saved on an interruption
    const checkpoint = path.join(run, 'checkpoints', name);
    const epoch = step / totals.stepsPerEpoch;
    curve.push({
      epoch,
      step,
      imagesSeen: step * config.batch_size,
      knn: await nearestNeighbors(checkpoint, gallery, queries),
      loss: losses.get(epoch - 1),
    });
    console.log(`epoch ${epoch}: ${JSON.stringify(curve.at(-1)?.knn)}`);
  }
  const file = path.join(cache, `${label}.json`);
  const imagesPerSecond = (totals.steps * config.batch_size) / totals.seconds;
  const result = { label, preset, config, engine, seconds: totals.seconds, imagesPerSecond, curve };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\n${curveTable(curve)}\n\n${imagesPerSecond.toFixed(1)} images/s; the curve is in ${file}`);
}

/**
 * The original's settings as a config file: with one, and only then, `dino train` adds no preset of its own choice for small images,
 * so that everything not named here is main_dino.py's default.
 */
function originalConfig() {
  const file = path.join(cache, 'original-settings.json');
  writeFileSync(file, `${JSON.stringify(ORIGINAL, null, 2)}\n`);
  return file;
}

function count(/** @type {string} */ flag, /** @type {string} */ text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${flag} is ${text}, but must be a whole number above 0.`);
  return value;
}

/** Mean loss of each epoch, from 0. */
function epochLosses(/** @type {string} */ run) {
  /** @type {Map<number, number[]>} */
  const losses = new Map();
  for (const text of readFileSync(path.join(run, 'metrics.jsonl'), 'utf8').split('\n')) {
    if (text === '') continue;
    const line = JSON.parse(text);
    if (typeof line.loss !== 'number') continue;
    losses.set(line.epoch, [...(losses.get(line.epoch) ?? []), line.loss]);
  }
  return new Map([...losses].map(([epoch, all]) => [epoch, all.reduce((sum, loss) => sum + loss, 0) / all.length]));
}

function curveTable(/** @type {CurvePoint[]} */ curve) {
  const headings = ['epoch', 'images seen', ...NEIGHBORS.map((k) => `k-NN, k ${k}`), 'mean loss'];
  const rows = curve.map(({ epoch, imagesSeen, knn, loss }) => [
    epoch,
    imagesSeen.toLocaleString('en'),
    ...NEIGHBORS.map((k) => `${knn[k]?.toFixed(1)} %`),
    loss?.toFixed(3) ?? '',
  ]);
  return [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
