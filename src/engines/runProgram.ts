import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ProgramEnd {
  /** `undefined`: there is no such program. Above 128 for a signal, as shells count. */
  readonly exitCode: number | undefined;
  /** What it wrote on both streams, as it came. */
  readonly lines: readonly string[];
}

export interface ProgramOptions {
  readonly signal: AbortSignal;
  /** Added to this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  onLine?(line: string): void;
}

/**
 * Runs a program to its end and keeps what it said.
 * @throws the signal's reason, when aborted: the program has gone by then
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramEnd> {
  const { signal, env, onLine } = options;
  signal.throwIfAborted();
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C in the terminal is ours to answer, and what it has started ends with it.
    detached: true,
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      onLine?.(line);
    });
  }
  const kill = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    const [code, how] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    signal.throwIfAborted();
    if (how !== null) lines.push(`ended by ${how}`);
    return { exitCode: code ?? 128, lines };
  } catch (error) {
    signal.throwIfAborted();
    if (child.pid === undefined) return { exitCode: undefined, lines };
    throw error;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
