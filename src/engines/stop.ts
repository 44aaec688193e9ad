/** How work that takes long is ended before its end: by an AbortSignal, whose reason it then throws. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * To be awaited between two stages that each hold up this thread: what came in meanwhile is dealt with, a stop among it.
 * @throws the signal's reason when it has aborted
 */
export async function betweenStages(stop: AbortSignal | undefined): Promise<void> {
  // A message is read in one turn of the event loop, and handed to who waits for it in the next.
  await nextTurn();
  await nextTurn();
  stop?.throwIfAborted();
}

/**
 * Waits for something that may take long, but no longer than until the signal aborts. A rejection that comes later is nobody's.
 * @throws the signal's reason when it has aborted
 */
export function unlessStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => reject(stop.reason);
    if (stop.aborted) stopped();
    stop.addEventListener('abort', stopped, { once: true });
    work.then(resolve, reject).finally(() => stop.removeEventListener('abort', stopped));
  });
}
