import type { NamedHostTensors, Program } from '../program/program.js';
import type { Span } from './profile.js';

/**
 * What the factors of matrix products are rounded to; weights, sums and all else are float32. `tf32` is NVIDIA's: 10 bits after the
 * point, on GPUs that have it; elsewhere it is float32.
 */
export const PRECISIONS = ['float32', 'tf32', 'bfloat16'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** What ONNX Runtime can compute on, the best GPU first: its execution providers, of which each system has some. */
export const PROVIDERS = ['cuda', 'dml', 'coreml', 'webgpu', 'cpu'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Something that can run programs: see the table in the design page of the documentation. */
export interface Engine {
  /** Of `ENGINES` (abilities.ts). */
  readonly name: string;
  /** The library and its version, for the run's record, e.g. `onnxruntime-node 1.30.0 (cpu)`. */
  readonly version: string;
  /** Whether it computes on a GPU of this machine. */
  readonly usesGpu?: boolean;
  /**
   * In what pieces it goes fastest through many images: how many numbers a layer makes of a call's images, and how many calls at once.
   * Absent: in large ones, one after the other.
   */
  readonly pieces?: { readonly layerSize: number; readonly calls: number };
  /** Makes the program ready to be called with tensors of exactly the shapes it names. */
  compile(program: Program, state: NamedHostTensors, options?: CompileOptions): Promise<Session>;
}

export interface CompileOptions {
  /**
   * Calls may overlap, and so many will: each computes on one thread. For a program that does not change its state. Absent: calls must not
   * overlap, and each computes on all cores.
   */
  readonly callsAtOnce?: number | undefined;
  /** Looked at between the stages of the compile; when it aborts, its reason is thrown. */
  readonly stop?: AbortSignal;
  /** Calls will name the inputs of those after them. */
  readonly namesUpcoming?: boolean;
  /** Note what each op takes, which costs some time itself; `Session.takeProfile` tells. */
  readonly profile?: boolean;
}

/** A compiled program and its state. Calls must not overlap, unless `CompileOptions.callsAtOnce` says so. */
export interface Session {
  /** How it runs, where the engine has several ways and has chosen one, e.g. `compiled by XLA`. */
  readonly runsAs?: string | undefined;
  /** Whether its first calls still find out how it runs best: what is timed should wait until they have. They are some seconds' worth. */
  readonly isSettling?: boolean;
  /**
   * Runs the program once, keeps the new state, returns the outputs. The returned arrays belong to the caller.
   * @param upcoming the inputs of the next call, where they are known: a GPU is sent them while it computes. Their arrays must not
   *   change until that call.
   */
  call(inputs: NamedHostTensors, upcoming?: NamedHostTensors): Promise<NamedHostTensors>;
  /**
   * Takes back what the last call did to the state, as when its loss turned out not to be a number: once, and before the state is read
   * or written, which settles it.
   */
  undo(): Promise<void>;
  /** Copies of the state (all of it, or the entries named). */
  readState(names?: readonly string[]): Promise<NamedHostTensors>;
  /** Replaces the entries given; shapes must be the program's. */
  writeState(values: NamedHostTensors): Promise<void>;
  /** What each op took in every call so far, where the engine can tell and was asked to. Ends the noting. */
  takeProfile?(): Promise<readonly Span[]>;
  dispose(): Promise<void>;
}
