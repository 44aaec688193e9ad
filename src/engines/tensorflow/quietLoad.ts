/**
 * TensorFlow's library says how it was built while it is loaded. `TF_CPP_MIN_LOG_LEVEL` would silence that, but is read only afterwards, and
 * the lines go straight to the file descriptor of stderr. So the descriptor leads to a file meanwhile; then all other lines are written to
 * stderr. What the process says when it dies in between is lost: this is for libraries that have been loaded on this machine before.
 */
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { openLibrary } from '../nativeLibrary.js';

const STDERR = 2;

/** How lines of its log begin: severity, month and day. Before the log is set up, a warning of that stands above the first. */
const LOGGED = /^(?:[IWE]\d{4} |WARNING: All log messages before absl::InitializeLog\(\))/;

/**
 * Loads by the function given. All that is said is seen where the descriptor cannot be turned aside: on Windows, without room for a file, and
 * in other threads than the main one, which share it.
 */
export function loadQuietly<T>(load: () => T): T {
  const turnBack = turnAside();
  try {
    return load();
  } finally {
    const said = turnBack?.().split('\n') ?? [];
    const others = said.filter((line) => !LOGGED.test(line)).join('\n');
    // The console, because stderr may be gone, and that is no reason not to load.
    if (others !== '') console.error(others.trimEnd());
  }
}

/** @returns what turns the descriptor back, and tells what was written meanwhile; undefined where it was not turned aside */
function turnAside(): (() => string) | undefined {
  if (process.platform === 'win32' || !isMainThread) return undefined;
  const calls = systemCalls();
  if (calls === undefined) return undefined;
  const file = unnamedFile();
  if (file === undefined) return undefined;
  const { duplicate, turn } = calls;
  const stderr = duplicate(STDERR);
  if (stderr < 0 || turn(file, STDERR) < 0) {
    for (const opened of [file, stderr]) if (opened >= 0) closeSync(opened);
    return undefined;
  }
  return () => {
    turn(stderr, STDERR);
    closeSync(stderr);
    const said = Buffer.alloc(fstatSync(file).size);
    readSync(file, said, 0, said.length, 0);
    closeSync(file);
    return said.toString();
  };
}

/** Gone with its last descriptor. */
function unnamedFile(): number | undefined {
  try {
    const folder = mkdtempSync(path.join(tmpdir(), 'dino-load-'));
    try {
      return openSync(path.join(folder, 'stderr'), 'w+');
    } finally {
      rmSync(folder, { recursive: true });
    }
  } catch {
    return undefined;
  }
}

interface SystemCalls {
  duplicate(descriptor: number): number;
  turn(from: number, to: number): number;
}

function systemCalls(): SystemCalls | undefined {
  try {
    const libc = openLibrary(null);
    return { duplicate: libc.func('int dup(int)'), turn: libc.func('int dup2(int, int)') };
  } catch {
    return undefined;
  }
}
