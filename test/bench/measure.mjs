// One measurement: a program that runs in a fresh process and prints one JSON object on its last line. Or several at once, in turn.
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { root } from '../../scripts/setup.mjs';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {{ program: string, args: readonly string[], env?: Readonly<Record<string, string>> }} Command */
/**
 * What the programs print, and here needed of it; a program prints some of it. turn_ms: the milliseconds of a step in each turn, where
 * the program took turns.
 * @typedef {{ images_per_s?: number, runs_as?: string, step_ms?: readonly number[], turn_ms?: readonly number[], ms_per_step?: number, first_step_ms?: number, peak_rss_mb?: number, idle_rss_mb?: number }} Measurement
 */

/** @returns {Promise<Measurement>} */
export async function measure(/** @type {Command} */ { program, args, env = {} }) {
  const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(program, args, options).catch((error) => {
    throw failure({ program, args }, error.signal ?? error.code, error.stderr ?? '');
  });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/**
 * Programs that are started one after the other, and then take turns of some steps each: a machine that slows down for a while slows all of
 * them. All are in memory at once. The first step of a turn is not counted: the processor has just done something else.
 * @param {Readonly<Record<string, Command>>} commands by name; each program takes `--in-turn`, as `dino bench` does, and makes the steps
 *   of all turns
 * @param {number} stepsOfTurn at least 2
 * @param {(name: string, measurement: Measurement) => void} [say] told of each program when it has ended
 * @returns {Promise<Readonly<Record<string, Measurement>>>}
 */
export async function measureInTurn(commands, stepsOfTurn, say) {
  /** @type {Map<string, InTurn>} */
  const waiting = new Map();
  /** @type {Record<string, Measurement>} */
  const measurements = {};
  try {
    for (const [name, command] of Object.entries(commands)) {
      const program = new InTurn(command);
      waiting.set(name, program);
      await program.comeUp();
    }
    while (waiting.size > 0) {
      for (const [name, program] of waiting) {
        const result = await program.takeTurn(stepsOfTurn);
        if (result === undefined) continue;
        const measurement = { ...result, turn_ms: turnsOf(result, stepsOfTurn) };
        say?.(name, measurement);
        measurements[name] = measurement;
        waiting.delete(name);
      }
    }
    return measurements;
  } finally {
    for (const program of waiting.values()) program.kill();
  }
}

/** @returns {number[]} */
function turnsOf(/** @type {Measurement} */ { step_ms = [] }, /** @type {number} */ stepsOfTurn) {
  const count = Math.floor(step_ms.length / stepsOfTurn);
  return Array.from({ length: count }, (_, turn) =>
    median(step_ms.slice(turn * stepsOfTurn + 1, (turn + 1) * stepsOfTurn)),
  );
}

/** A program that waits before each of its steps. */
class InTurn {
  /** @type {Command} */
  #command;
  /** @type {ChildProcess} */
  #child;
  /** @type {AsyncIterator<string>} */
  #lines;
  #stderr = '';
  /** @type {Promise<number | string | null>} */
  #ended;

  constructor(/** @type {Command} */ command) {
    const { program, args, env = {} } = command;
    this.#command = command;
    const child = spawn(program, [...args, '--in-turn'], { cwd: root, env: { ...process.env, ...env } });
    this.#child = child;
    this.#ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(signal ?? code));
    });
    // Whoever waits for a line hears of it.
    this.#ended.catch(() => undefined);
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (text) => {
      this.#stderr += text;
    });
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Until its first step may begin. */
  async comeUp() {
    const said = await this.#next();
    if (said.turn !== 0) throw new Error(`${nameOf(this.#command)} was to wait for its turn, but ended.`);
  }

  /** @returns {Promise<Measurement | undefined>} what it measured, once its last step is made */
  async takeTurn(/** @type {number} */ steps) {
    this.#child.stdin?.write('\n'.repeat(steps));
    for (let step = 0; step < steps; step++) {
      const said = await this.#next();
      if (said.turn === undefined) return said;
    }
    return undefined;
  }

  kill() {
    this.#child.kill();
  }

  /** @returns {Promise<Measurement & { turn?: number }>} */
  async #next() {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) throw failure(this.#command, await this.#ended, this.#stderr);
      const said = parsed(value);
      if (said?.turn !== undefined || said?.step_ms !== undefined) return said;
    }
  }
}

/** Undefined for what libraries write to standard output. */
function parsed(/** @type {string} */ line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const nameOf = (/** @type {Command} */ { program, args }) => path.basename(args[0] ?? program);

/** @param {number | string | null} how exit code, or the signal's name */
function failure(/** @type {Command} */ command, how, /** @type {string} */ stderr) {
  const ended = typeof how === 'string' ? `was ended by ${how}` : `ended with ${how}`;
  return new Error(`${nameOf(command)} ${ended}: ${stderr.trim() || 'it said nothing'}`);
}

export function median(/** @type {readonly number[]} */ values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}
