/** Steps that another program's steps come between, so that both meet the same machine: whoever compares them says when each begins. */
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Before each step it writes a line of JSON, `{"turn":0}` for the first one, and waits for a line. */
export class BenchTurns {
  readonly #lines: Interface;
  readonly #read: AsyncIterator<string>;
  readonly #out: Writable;
  #turn = 0;

  constructor(input: Readable, out: Writable) {
    this.#lines = createInterface({ input });
    this.#read = this.#lines[Symbol.asyncIterator]();
    this.#out = out;
  }

  /** @throws Error where the input ends */
  async next(): Promise<void> {
    this.#out.write(`${JSON.stringify({ turn: this.#turn })}\n`);
    this.#turn++;
    if ((await this.#read.next()).done)
      throw new Error(
        `Standard input ended before step ${this.#turn}: with --in-turn, each timed step waits for a line.`,
      );
  }

  close(): void {
    this.#lines.close();
  }
}
