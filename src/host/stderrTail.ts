/** The last lines that a process wrote to stderr, for when it dies. */
export class StderrTail {
  #text = '';

  constructor(private readonly kept = 20) {}

  append(chunk: string): void {
    // A process that prints without line feeds must not fill the memory either.
    this.#text = (this.#text + chunk)
      .split('\n')
      .slice(-this.kept - 1)
      .join('\n')
      .slice(-20_000);
  }

  get lines(): readonly string[] {
    return this.#text
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .slice(-this.kept);
  }
}
