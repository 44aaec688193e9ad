/** Work in small pieces, done between the steps of a training: never more than a share of the time that the steps take. */
export class BackgroundWork {
  /** Milliseconds that may be spent; below 0 they are owed. */
  #budget = 0;
  #spent = 0;
  #steps = 0;

  constructor(
    private readonly pieces: AsyncIterator<void, unknown>,
    private readonly share: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Of the time of the steps meanwhile. */
  get shareTaken(): number {
    return this.#steps === 0 ? 0 : this.#spent / this.#steps;
  }

  /** To be called after a step that took so long. @returns whether all is done */
  async advance(stepMs: number): Promise<boolean> {
    this.#steps += stepMs;
    this.#budget += this.share * stepMs;
    while (this.#budget >= 0) if (await this.#piece()) return true;
    return false;
  }

  /** All that is left, at once. */
  async finish(): Promise<void> {
    while (!(await this.#piece()));
  }

  async #piece(): Promise<boolean> {
    const started = this.now();
    const { done } = await this.pieces.next();
    const took = this.now() - started;
    this.#budget -= took;
    this.#spent += took;
    return done === true;
  }
}
