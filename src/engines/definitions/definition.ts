/** How an engine is opened on this machine, and what there is to say of it. */
import type { Engine, Precision, Provider } from '../engine.js';
import type { Memory } from '../memory.js';

export interface EngineRequest {
  readonly precision?: Precision;
  /** What the engine `onnx` computes on. `auto`: a GPU that was tried and is faster than the processor, else that. */
  readonly provider?: Provider | 'auto';
  /** GPUs that share a program. */
  readonly gpus?: number;
}

export interface EngineDetails {
  /** For `dino engines --json`, beside the engine's name and version. */
  readonly values: Readonly<Record<string, unknown>>;
  /** For people, each to be indented below the engine's line. */
  readonly lines: readonly string[];
}

export interface EngineDefinition {
  /**
   * Loads the engine's library only now: a machine that cannot load one engine still runs the others.
   * @throws Error that says what this machine lacks; a {@link MendableError} where `fix` is not what to do about it
   */
  open(request: EngineRequest): Promise<Engine>;
  /** What to do where it cannot be opened, to follow "To mend it, ". */
  readonly fix: string;
  /** What it has found out about this machine, for `dino engines`. */
  report?(engine: Engine): Promise<EngineDetails>;
  /** What it remembers of this machine; `dino engines --again` forgets it. */
  readonly memories?: readonly Pick<Memory<unknown>, 'file'>[];
}

/** The engine is there, but not what was asked of it. */
export class MendableError extends Error {
  constructor(
    message: string,
    /** What to do, as {@link EngineDefinition.fix}. */
    readonly fix: string,
  ) {
    super(message);
  }
}

/** Of a time, for people. */
export const milliseconds = (value: number): string => `${value.toPrecision(3)} ms`;

/** The title of a line below an engine's. */
export const indented = (title: string): string => `  ${title}`.padEnd(12);
