import { appendFileSync } from 'node:fs';
import type { LogLevel } from '../protocol/worker.js';
import { logFile } from '../runs/run.js';

/** Adds a line to the run's log.txt. */
export function appendToLog(run: string, level: LogLevel, message: string): void {
  try {
    appendFileSync(logFile(run), `${new Date().toISOString()} ${level.toUpperCase()} ${message}\n`);
  } catch {
    // A disk that takes no more is reported by what the run cannot do without: its metrics and checkpoints.
  }
}
