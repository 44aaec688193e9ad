/** Work that must not overlap, done in the order in which it was asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Does the work when all before it has ended, well or badly.
   * @param stop when it aborts before the turn, the work is not begun
   * @throws what the work throws; the reason of `stop`
   */
  take<T>(work: () => Promise<T>, stop?: AbortSignal): Promise<T> {
    const done = this.#last.then(() => {
      stop?.throwIfAborted();
      return work();
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}
