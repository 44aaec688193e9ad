/** What signals mean to `dino`. */
import { endProcess } from '../engines/underWay.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * The libraries that take away lock and temporary files listen for signals, and a listener is called only between two steps: Ctrl+C
 * would wait for minutes. Without one the system ends the process at once. A command that has something to save listens itself.
 */
export function endAtOnceOnSignals(): void {
  for (const signal of Object.keys(SIGNALS)) process.removeAllListeners(signal);
}

/**
 * The first signal, which may be that the terminal is closed, asks for an end, with its name as the reason; the second one ends the
 * process.
 * @param onFirst says so
 */
export function stopOnSignals(onFirst: () => void): AbortSignal {
  const stop = new AbortController();
  for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
    process.on(signal, () => {
      if (stop.signal.aborted) endProcess(SIGNALS[signal], signal);
      stop.abort(signal);
      onFirst();
    });
  }
  return stop.signal;
}
