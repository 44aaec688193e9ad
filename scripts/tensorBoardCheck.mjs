// npm run tensorboard:check: trains a small network on sample images, kills it, resumes it, and has TensorBoard itself read what the run
// wrote: each metric at each step once, the attention images, and the embedding. It is a stage of npm test, too.
import { strict as assert } from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installTensorBoard } from './installTensorBoard.mjs';
import { dino } from './learningRuns.mjs';
import { makeEmoji } from './samples.mjs';
import { root } from './setup.mjs';

const reader = fileURLToPath(new URL('tensorBoardCheck.py', import.meta.url));
const cli = path.join(root, 'dist', 'cli.cjs');

async function main() {
  const python = await installTensorBoard();
  const { train } = await makeEmoji();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'dino-tensorboard-'));
  try {
    const runFolder = path.join(folder, 'run');
    const command = ['train', train, '--out', runFolder, '--set', 'saveckp_freq=1'];
    // The images of the untrained network are drawn beside the first steps.
    await killedWhen(
      command,
      () => linesIn(runFolder).length > 20 && imagesIn(path.join(runFolder, 'tensorboard')) >= 4,
    );
    const steps = linesIn(runFolder).length + 40;
    await dino([...command, '--resume', '--max-steps', String(steps)]);
    const { status, stdout, stderr } = spawnSync(python, [reader, path.join(runFolder, 'tensorboard')], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    assert.equal(status, 0, stderr);
    check(JSON.parse(stdout), linesIn(runFolder), steps);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @typedef {Readonly<Record<string, number>>} Line */

function check(
  /** @type {{ scalars: Record<string, [number, number][]>, images: Record<string, [number, number, number, string][]>, embeddings: { name: string, shape: number[], vectors: number, metadata: number, sprite: boolean }[] }} */ read,
  /** @type {readonly Line[]} */ lines,
  /** @type {number} */ steps,
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
    assert.equal(of.at(-1)?.[0], steps);
    for (const [, width, height, magic] of of) assert.deepEqual([width, height, magic], [326, 160, '89504e47']);
  }
  const [embedding] = read.embeddings;
  assert.deepEqual(embedding, {
    ...{ name: `step ${steps}`, shape: [480, 64], vectors: 480 },
    // The names of the columns, too.
    ...{ metadata: 481, sprite: true },
  });
  console.log(
    `TensorBoard reads ${names.length} metrics of ${steps} steps, ${images.flat().length} attention images and an embedding of ${embedding?.vectors} images, as they were written.`,
  );
}

/** @returns {Line[]} */
function linesIn(/** @type {string} */ runFolder) {
  const file = path.join(runFolder, 'metrics.jsonl');
  if (!existsSync(file)) return [];
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line));
}

/** How many PNGs have been written, by their headers. */
function imagesIn(/** @type {string} */ folder) {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder).filter((name) => name.startsWith('events.'));
  return files.flatMap((name) => readFileSync(path.join(folder, name), 'latin1').match(/IHDR/g) ?? []).length;
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

/** Where npm test looks for what came of it. */
function writeResults(/** @type {{ passed: number, failed: number, skipped: number }} */ results) {
  const folder = path.join(root, 'build', 'test-results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'tensorboard.json'), JSON.stringify(results));
}

main().then(
  () => writeResults({ passed: 1, failed: 0, skipped: 0 }),
  (error) => {
    writeResults({ passed: 0, failed: 1, skipped: 0 });
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
