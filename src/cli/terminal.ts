/** What `dino` writes: results on stdout, progress and errors on stderr. */
import { SingleBar } from 'cli-progress';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';

export interface OutputOptions {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** One JSON object on the last line of stdout with --json, else the lines for people. */
export function writeResult(options: OutputOptions, result: object, lines: readonly string[]): void {
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${lines.join('\n')}\n`);
}

export function writeLine(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What was decided for the person, on stderr: the result is the same without it. */
export function writeNotes(notes: readonly string[]): void {
  for (const note of notes) writeLine(`note: ${note}`);
}

/**
 * What becomes of `dino` when nobody takes what it writes any more (`| head`, a terminal that was closed, a full disk). Whoever watched
 * the progress may go: a run goes on without them.
 */
export function outliveReaders(): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error) => {
    // A reader that has gone has read enough.
    if (fileErrorCode(error) === 'EPIPE') return;
    writeLine(`dino: The answer cannot be written: ${fileProblem(error)}.`);
    process.exitCode = 1;
  });
}

/** The sentences of an error, on one line; the stack only for those who asked for it. */
export function describeError(error: unknown, verbose: boolean): string {
  if (!(error instanceof Error)) return String(error);
  return (verbose ? error.stack : undefined) ?? error.message.trim().replace(/\s*\n\s*/g, ' ');
}

const PLAIN_LINE_EVERY_MS = 5000;

/** Progress on stderr: a bar on a terminal, a plain line every few seconds elsewhere. */
export class ProgressLine {
  readonly #bar: SingleBar | undefined;
  #started = false;
  #lastPlainLine = Number.NEGATIVE_INFINITY;
  /** The newest plain line, when it was held back. */
  #heldBack: string | undefined;

  constructor() {
    if (!process.stderr.isTTY) return;
    this.#bar = new SingleBar({
      format: '{bar} {percentage}% {text}',
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
    });
  }

  update(done: number, total: number, text: string): void {
    if (this.#bar === undefined) {
      this.#heldBack = text;
      if (performance.now() - this.#lastPlainLine >= PLAIN_LINE_EVERY_MS) this.#writeHeldBack();
      return;
    }
    if (!this.#started) {
      this.#started = true;
      this.#bar.start(total, done, { text });
    } else {
      this.#bar.setTotal(total);
      this.#bar.update(done, { text });
    }
  }

  /** Writes a line above the bar. */
  note(text: string): void {
    this.#takeBarAway();
    writeLine(text);
  }

  /** What was said last stays to be read; the bar goes. */
  end(): void {
    this.#takeBarAway();
    this.#writeHeldBack();
  }

  /** A later update brings it back. */
  #takeBarAway(): void {
    if (this.#started) this.#bar?.stop();
    this.#started = false;
  }

  #writeHeldBack(): void {
    if (this.#heldBack === undefined) return;
    writeLine(this.#heldBack);
    this.#heldBack = undefined;
    this.#lastPlainLine = performance.now();
  }
}
