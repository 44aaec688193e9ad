/** Work that must not overlap, done in the order in which it was asked for. */
export class Turns {
  /** Ends when all that was asked for has. */
  #last: Promise<unknown> = Promise.resolve();
  /** Ends when all that must not overlap has. */
  #lastTurn: Promise<unknown> = Promise.resolve();

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
    this.#lastTurn = this.#last;
    return done;
  }

  /**
   * Does work that may overlap with other such work, but not with a turn.
   * @throws what the work throws
   */
  share<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastTurn.then(work);
    // Nothing holds on to what the work gives.
    this.#last = Promise.allSettled([this.#last, done]).then(() => undefined);
    return done;
  }
}
