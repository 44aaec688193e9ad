/** Work that is asked for faster than it is done, as by a slider that is dragged. */

/** One piece at a time, and after it one for all that was asked meanwhile: none waits behind another. */
export class NewestOnly {
  #isWorking = false;
  #isDue = false;

  /** @param work never rejects */
  constructor(private readonly work: () => Promise<void>) {}

  /** Whether another piece follows the one that is under way. */
  get isDue(): boolean {
    return this.#isDue;
  }

  async ask(): Promise<void> {
    this.#isDue = true;
    if (this.#isWorking) return;
    this.#isWorking = true;
    while (this.#isDue) {
      this.#isDue = false;
      await this.work();
    }
    this.#isWorking = false;
  }
}
