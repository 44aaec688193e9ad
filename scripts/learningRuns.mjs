// What the scripts that measure learning share: `dino` as a child process, what a run's folder says, and k-NN accuracy.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { root } from './setup.mjs';

const cli = path.join(root, 'dist', 'cli.cjs');
export const NEIGHBORS = [10, 20];

/** Runs `dino` to its end, its progress going through. @returns {Promise<string>} What it wrote to stdout. */
export function dino(/** @type {string[]} */ args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    // Training saves when it is stopped, so this script outlives it. A terminal's Ctrl-C reaches the child by itself; a second signal
    // would cut its saving short.
    const waitForChild = () => {};
    const stopChild = () => child.kill('SIGTERM');
    process.once('SIGINT', waitForChild);
    process.once('SIGTERM', stopChild);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', waitForChild);
      process.off('SIGTERM', stopChild);
      if (code === 0) resolve(stdout);
      else reject(new Error(`dino ${args[0]} ended with ${signal ?? `exit code ${code}`}.`));
    });
  });
}

/**
 * @returns {{ status: string, preset?: string, config: { batch_size: number, image_size: number }, engine?: object, dataset: { images: number }, totals: { steps: number, stepsPerEpoch: number, seconds: number } }}
 */
export function readRun(/** @type {string} */ run) {
  return JSON.parse(readFileSync(path.join(run, 'run.json'), 'utf8'));
}

/** Each is a number of steps, with leading zeros. */
export function checkpointNames(/** @type {string} */ run) {
  const names = readdirSync(path.join(run, 'checkpoints')).filter((name) => /^\d+$/.test(name));
  return names.sort((a, b) => Number(a) - Number(b));
}

/** Top-1 in percent, by the number of neighbors. @returns {Promise<Record<number, number>>} */
export async function nearestNeighbors(
  /** @type {string} */ checkpoint,
  /** @type {string} */ gallery,
  /** @type {string} */ queries,
) {
  const args = ['eval', 'knn', '--checkpoint', checkpoint, '--train', gallery, '--test', queries];
  const stdout = await dino([...args, '--k', NEIGHBORS.join(','), '--json']);
  const answer = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  return Object.fromEntries(NEIGHBORS.map((k) => [k, answer.knn[k].top1]));
}

/** Mean, and standard deviation over the seeds. */
export function meanAndSpread(/** @type {readonly number[]} */ values) {
  if (values.length === 0) return '';
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return mean.toFixed(1);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return `${mean.toFixed(1)} ± ${Math.sqrt(variance).toFixed(1)}`;
}

/** Trains a run to its end; one that is there already is resumed. @param {string[]} asked What is asked of a new run. */
export async function trained(/** @type {string} */ run, /** @type {string} */ data, asked) {
  const isThere = existsSync(path.join(run, 'run.json'));
  if (isThere && readRun(run).status === 'finished') return;
  await dino(['train', data, '--out', run, ...(isThere ? ['--resume'] : asked)]);
  const { status, totals } = readRun(run);
  // `dino train` ends well when it is asked to stop.
  if (status !== 'finished')
    throw new Error(`${run} is ${status} after step ${totals.steps}: start again to resume it.`);
}
