// One measurement: a program that runs in a fresh process and prints one JSON object on its last line.
import { execFile } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { root } from '../../scripts/setup.mjs';

/** @typedef {{ program: string, args: readonly string[], env?: Readonly<Record<string, string>> }} Command */
/**
 * What the programs print, and here needed of it; a program prints some of it.
 * @typedef {{ images_per_s?: number, ms_per_step?: number, first_step_ms?: number, peak_rss_mb?: number, idle_rss_mb?: number }} Measurement
 */

/** @returns {Promise<Measurement>} */
export async function measure(/** @type {Command} */ { program, args, env = {} }) {
  const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(program, args, options).catch((error) => {
    const how = error.signal ? `was ended by ${error.signal}` : `ended with ${error.code}`;
    throw new Error(`${path.basename(args[0] ?? program)} ${how}: ${error.stderr?.trim() || 'it said nothing'}`);
  });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

export function median(/** @type {readonly number[]} */ values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}
