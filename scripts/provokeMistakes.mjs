// npm run mistakes [-- NAME… --method dinov2]: trains small real runs, each with one mistake in it, and prints what the diagnosis says of
// them.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs, promisify } from 'node:util';
import { dataSets, healthy, mistakes } from './mistakes.mjs';
import { makeEmoji } from './samples.mjs';
import { root } from './setup.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  // Runs that lie in the folder already are read, not trained again.
  options: { keep: { type: 'string' }, method: { type: 'string', default: 'dino' } },
});
const cli = path.join(root, 'dist', 'cli.cjs');
const folder =
  values.keep === undefined ? mkdtempSync(path.join(os.tmpdir(), 'dino-mistakes-')) : path.resolve(values.keep);

/** 480 emoji of 64 pixels in 8 classes, a small network, 600 steps: about 20 seconds. It learns: see `healthy`. */
const base = {
  ...{ embed_dim: 48, depth: 2, num_heads: 3, patch_size: 8, image_size: 32, local_size: 16, local_crops_number: 2 },
  ...{ out_dim: 256, head_hidden_dim: 64, head_bottleneck_dim: 32, batch_size: 16, epochs: 20, warmup_epochs: 10 },
  ...{ method: values.method, lr: 0.004, seed: 1, num_workers: 1, engine: 'onnx' },
};

/** @typedef {import('./mistakes.mjs').Provoked} Provoked */

async function train(/** @type {Provoked} */ { name, set, data = 'emoji' }) {
  const run = path.join(folder, 'runs', name);
  if (existsSync(run)) return run;
  const { train: emoji } = await makeEmoji();
  const images = path.join(folder, data);
  if (!existsSync(images)) {
    mkdirSync(images, { recursive: true });
    await dataSets[data]?.(emoji, images);
  }
  const settings = Object.entries({ ...base, ...set }).flatMap(([key, value]) => [
    '--set',
    `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  ]);
  const words = ['train', images, '--out', run, ...settings];
  const { status, stderr } = spawnSync(process.execPath, [cli, ...words], { encoding: 'utf8' });
  // A run that diverges ends with an error, and that is what is looked at.
  if (!existsSync(run)) throw new Error(`${name} did not begin (${status}): ${stderr.trim().split('\n').at(-1)}`);
  return run;
}

/** What `dino runs` says of a run. */
async function diagnosisOf(/** @type {string} */ run) {
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'runs', path.dirname(run), '--json'], {
    maxBuffer: 2 ** 26,
  });
  const { runs } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
  return runs.find((/** @type {{ dir: string }} */ one) => one.dir === run)?.diagnosis;
}

/** The steps after which the log warned of what is said in the end: before the first one, and when it was seen. */
function saidAt(/** @type {string} */ run, /** @type {string} */ remedy) {
  const lines = readFileSync(path.join(run, 'log.txt'), 'utf8').split('\n');
  const said = lines.filter((one) => one.includes(' WARN ') && one.includes(remedy)).map((line) => stepAt(run, line));
  return said.length === 0 ? 'at the end' : [...new Set(said)].slice(0, 2).join(', ');
}

function stepAt(/** @type {string} */ run, /** @type {string} */ line) {
  const time = Date.parse(line.slice(0, line.indexOf(' ')));
  return metricsOf(run).findLast((one) => one.loss !== undefined && one.time <= time)?.step ?? 0;
}

/** @returns {{ step: number, time: number, loss?: number, probe_images?: number, probe_knn?: number, probe_view_agreement?: number }[]} */
const metricsOf = (/** @type {string} */ run) =>
  readFileSync(path.join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** How the probes began and ended: what a person would judge the run by. */
function probesOf(/** @type {string} */ run) {
  const probes = metricsOf(run).filter(({ probe_images: images }) => images !== undefined);
  const text = (/** @type {'probe_knn' | 'probe_view_agreement'} */ key) =>
    [probes[0], probes.at(-1)].map((one) => one?.[key]?.toFixed(0) ?? '–').join(' → ');
  return `k-NN ${text('probe_knn')} %, views ${text('probe_view_agreement')} %`;
}

/** @returns {Promise<boolean>} Whether it is called what it is. */
async function look(/** @type {Provoked} */ provoked) {
  const run = await train(provoked);
  const diagnosis = await diagnosisOf(run);
  const { kind, level, finding, remedy = '' } = diagnosis;
  const { kinds, remedies } = provoked;
  const isRight = kinds.includes(kind) && (remedies?.test(remedy) ?? true);
  const also = diagnosis.also.map((/** @type {{ kind: string }} */ one) => one.kind).join(', ');
  const said = `**${kind}** (${level}${also && `; also ${also}`}): ${finding} ${remedy}`;
  const step = level === 'good' || level === 'note' ? '' : saidAt(run, remedy);
  const verdict = isRight ? 'yes' : `NO, ${kinds.join(' or ')}`;
  console.log(`| ${provoked.name} | ${step} | ${said.trim()} | ${verdict} | ${probesOf(run)} |`);
  return isRight;
}

const chosen = [...healthy, ...mistakes].filter(({ name }) => positionals.length === 0 || positionals.includes(name));
let wrong = 0;
try {
  console.log('| mistake | said at step | what is said | right? | probes |\n| --- | --- | --- | --- | --- |');
  for (const provoked of chosen) {
    const isRight = await look(provoked).catch((error) => {
      console.log(`| ${provoked.name} | | ${error.message} | NO | |`);
      return false;
    });
    if (!isRight) wrong++;
  }
  console.log(`${chosen.length - wrong} of ${chosen.length} are called what they are.`);
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
process.exitCode = wrong === 0 ? 0 : 1;
