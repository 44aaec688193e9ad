/**
 * While TensorFlow's library is loaded it says how it was built, straight to the file descriptor of stderr, and only then reads
 * `TF_CPP_MIN_LOG_LEVEL`, which could keep it from that. So the descriptor leads to a file meanwhile, and what is not of TensorFlow's log
 * goes on to stderr afterwards.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import koffi from 'koffi';

const STDERR = 2;

/** How lines of its log begin: severity, month and day. Before the log is set up, a warning of that stands above the first. */
const LOGGED = /^(?:[IWE]\d{4} |WARNING: All log messages before absl::InitializeLog\(\))/;

/** Loads by the function given. Where descriptors cannot be turned aside (Windows, no room for a file), all that is said is seen. */
export function loadQuietly<T>(load: () => T): T {
  const aside = turnAside();
  if (aside === undefined) return load();
  try {
    return load();
  } finally {
    for (const line of aside.turnBack().split(/(?<=\n)/)) if (!LOGGED.test(line)) writeSync(STDERR, line);
  }
}

interface Aside {
  /** @returns what was said meanwhile */
  turnBack(): string;
}

function turnAside(): Aside | undefined {
  if (process.platform === 'win32') return undefined;
  try {
    const libc = koffi.load(null);
    const duplicate = libc.func('int dup(int)') as (descriptor: number) => number;
    const turn = libc.func('int dup2(int, int)') as (from: number, to: number) => number;
    const folder = mkdtempSync(path.join(tmpdir(), 'dino-load-'));
    const file = path.join(folder, 'stderr');
    const written = openSync(file, 'a');
    const stderr = duplicate(STDERR);
    turn(written, STDERR);
    return {
      turnBack() {
        turn(stderr, STDERR);
        closeSync(stderr);
        closeSync(written);
        const said = readFileSync(file, 'utf8');
        rmSync(folder, { recursive: true });
        return said;
      },
    };
  } catch {
    return undefined;
  }
}
