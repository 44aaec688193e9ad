/** How far an installation has come. */
export interface Progress {
  /** What is being done, as people read it, e.g. `downloading tensorflow-cpu 2.21.0`. */
  readonly text: string;
  /** In bytes where `total` is given; a step without it only takes its time. */
  readonly done?: number;
  readonly total?: number;
}

/** What every step of an installation is given. */
export interface Work {
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
  /** A line for the log. */
  onLog(line: string): void;
  /** Where the log is, for messages. */
  readonly logFile: string;
}
