// The built `dino` command line as a child process.
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { root } from './setup.mjs';

const program = path.join(root, 'dist', 'cli.cjs');
const stopWithinMs = 10_000;

/**
 * Runs a command to its end; its progress goes to the terminal.
 * @param {readonly string[]} args
 * @returns {Promise<any>} What it says with --json.
 * @throws when it fails; it has said why by then.
 */
export async function ask(args) {
  const running = promisify(execFile)(process.execPath, [program, ...args, '--json']);
  running.child.stderr?.pipe(process.stderr);
  const { stdout } = await running.catch(() => {
    throw new Error(`dino ${args[0]} failed (see above).`);
  });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/**
 * Starts `dino train` with its progress on the terminal.
 * @param {readonly string[]} args
 * @returns {{ ended: Promise<number>, finishEarly: () => void, stop: () => Promise<void> }} `ended` has its exit code.
 *   `finishEarly` asks it to end after the step that is under way, with all saved; `stop` gives it some seconds for that.
 */
export function train(args) {
  // In a process group of its own Ctrl+C does not reach it but through `stop`: a second one would end it before it has saved.
  const detached = process.platform !== 'win32';
  const child = spawn(process.execPath, [program, 'train', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    detached,
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  /** @type {Promise<number>} */
  const ended = new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => {
      process.off('exit', kill);
      resolve(code ?? 1);
    });
  });
  const finishEarly = () => {
    child.kill('SIGINT');
  };
  const stop = async () => {
    finishEarly();
    const timer = setTimeout(kill, stopWithinMs);
    await ended;
    clearTimeout(timer);
  };
  return { ended, finishEarly, stop };
}
