/** Runs the real `dino`, as built. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export const CLI = resolve('dist/cli.cjs');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout, as --json promises it. */
  readonly json: () => Record<string, unknown>;
}

export const dino = (...args: string[]): Promise<Outcome> => run(process.execPath, [CLI, ...args]);

/** `onStderr` hears the text so far, and may send the process a signal. */
export function run(
  command: string,
  args: readonly string[],
  onStderr: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Outcome> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes) => {
      stdout += bytes;
    });
    child.stderr.on('data', (bytes) => {
      stderr += bytes;
      onStderr(stderr, (signal) => child.kill(signal));
    });
    child.on('error', failed);
    child.on('close', (code) =>
      done({
        code,
        stdout,
        stderr,
        json: () => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>,
      }),
    );
  });
}

export const setting = (settings: readonly string[]): string[] => settings.flatMap((pair) => ['--set', pair]);
