// npm run tensorboard:check: trains a small network on sample images, kills it, resumes it, and has TensorBoard itself read what the run
// wrote: each metric at each step once, the attention images, and the embedding. DINO_TENSORBOARD_PYTHON names a Python that has
// tensorboard; else one is made in .cache/tensorboard from PyPI.
import { strict as assert } from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dino } from './learningRuns.mjs';
import { makeEmoji } from './samples.mjs';
import { root, run } from './setup.mjs';

const TENSORBOARD = ['tensorboard==2.21.0', 'protobuf==7.36.2', 'numpy==2.4.6'];
const reader = fileURLToPath(new URL('tensorBoardCheck.py', import.meta.url));
const cli = path.join(root, 'dist', 'cli.cjs');
const STEPS = 60;

async function main() {
  const python = await pythonWithTensorBoard();
  const { train } = await makeEmoji();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'dino-tensorboard-'));
  try {
    const runFolder = path.join(folder, 'run');
    const command = ['train', train, '--out', runFolder, '--max-steps', String(STEPS), '--set', 'saveckp_freq=1'];
    await killedWhen(command, () => linesIn(runFolder).length > 20);
    await dino([...command, '--resume']);
    const { status, stdout, stderr } = spawnSync(python, [reader, path.join(runFolder, 'tensorboard')], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    assert.equal(status, 0, stderr);
    check(JSON.parse(stdout), linesIn(runFolder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @typedef {Readonly<Record<string, number>>} Line */

function check(
  /** @type {{ scalars: Record<string, [number, number][]>, images: Record<string, [number, number, number, string][]>, embeddings: { name: string, shape: number[], vectors: number, metadata: number, sprite: boolean }[] }} */ read,
  /** @type {readonly Line[]} */ lines,
) {
  const [step = {}] = lines.filter((line) => 'loss' in line);
  const names = Object.keys(step).filter((name) => !['step', 'epoch', 'time'].includes(name));
  for (const name of names) {
    const [tag] = Object.keys(read.scalars).filter((one) => one.endsWith(`/${name}`));
    const expected = lines.filter((line) => name in line).map((line) => [line['step'], Math.fround(line[name] ?? 0)]);
    assert.deepEqual(read.scalars[tag ?? ''], expected, name);
  }
  const images = Object.values(read.images);
  assert.equal(images.length, 4);
  for (const of of images) {
    assert.equal(of[0]?.[0], 0);
    assert.equal(of.at(-1)?.[0], STEPS);
    for (const [, width, height, magic] of of) assert.deepEqual([width, height, magic], [326, 160, '89504e47']);
  }
  const [embedding] = read.embeddings;
  assert.deepEqual(embedding, {
    ...{ name: `step ${STEPS}`, shape: [480, 64], vectors: 480 },
    // The names of the columns, too.
    ...{ metadata: 481, sprite: true },
  });
  console.log(
    `TensorBoard reads ${names.length} metrics of ${STEPS} steps, ${images.flat().length} attention images and an embedding of ${embedding?.vectors} images, as they were written.`,
  );
}

/** @returns {Line[]} */
function linesIn(/** @type {string} */ runFolder) {
  const file = path.join(runFolder, 'metrics.jsonl');
  if (!existsSync(file)) return [];
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line));
}

async function killedWhen(/** @type {readonly string[]} */ command, /** @type {() => boolean} */ isReached) {
  const child = spawn(process.execPath, [cli, ...command], { stdio: 'ignore' });
  const ended = new Promise((done) => child.once('exit', (_, signal) => done(signal)));
  while (!isReached()) {
    if (child.exitCode !== null) throw new Error(`dino ended with ${child.exitCode} before it could be killed.`);
    await wait(5);
  }
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
}

async function pythonWithTensorBoard() {
  const named = process.env['DINO_TENSORBOARD_PYTHON'];
  if (named) return named;
  const environment = path.join(root, '.cache', 'tensorboard');
  const folder = process.platform === 'win32' ? 'Scripts' : 'bin';
  const python = path.join(environment, folder, process.platform === 'win32' ? 'python.exe' : 'python');
  if (
    existsSync(environment) &&
    readdirSync(path.join(environment, folder)).some((name) => name.startsWith('tensorboard'))
  )
    return python;
  console.log(`Installing TensorBoard into ${path.relative(root, environment)} …`);
  await run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', environment]);
  await run(python, ['-m', 'pip', 'install', '--quiet', ...TENSORBOARD]);
  return python;
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
