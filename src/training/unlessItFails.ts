import { errorMessage } from '../errors/errorMessage.js';
import type { LogLevel } from '../protocol/worker.js';

/** Of whoever looks at a run while it trains. */
export interface LookSurroundings {
  readonly stop: AbortSignal;
  readonly log: (level: LogLevel, message: string) => void;
}

/**
 * Looks at a run while it trains. The run does not end because the look fails: it trains without.
 * @param loss what the run trains without, at the start of the warning
 * @param end of all looks of this kind, after a failure
 * @throws the reason of the stop signal when it aborts
 */
export async function unlessItFails(
  { stop, log }: LookSurroundings,
  loss: string,
  look: () => Promise<void>,
  end: () => Promise<void>,
): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (stop.aborted && error === stop.reason) throw error;
    log('warn', `${loss}: ${errorMessage(error)}`);
    await end();
  }
}
