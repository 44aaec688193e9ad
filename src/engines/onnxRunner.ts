/** What a session needs of ONNX Runtime, whichever of its interfaces gives it. */
import type { HostTensor, TensorSpec } from '../program/program.js';
import type { Waiting } from './threadWaiting.js';

export interface RunnerOptions {
  /** False where the runtime has optimized the model already. */
  readonly optimize: boolean;
  /** That a run computes on; absent: as many as the processor has cores. */
  readonly threads?: number | undefined;
  /** How threads wait between two nodes. */
  readonly waiting: Waiting;
  /** Whether it takes memory from an arena that all such sessions share, for runs that are all alike: see `onnxEnvironment`. */
  readonly sharesMemory: boolean;
  /** Where to write the model as it is optimized. */
  readonly optimizedFile?: string;
  /** Begins the path of the file with what each node takes; absent: that is not noted. */
  readonly profilePrefix?: string | undefined;
}

/** A model, ready to run. */
export interface OnnxRunner {
  /** Names. */
  readonly inputs: ReadonlySet<string>;
  readonly outputs: readonly ({ readonly name: string } & TensorSpec)[];
  /**
   * Runs may overlap, if they write to other tensors.
   * @param inputs by name, all of the model's
   * @param outputs by name, all of the model's: they are written to. They must not share memory with inputs.
   */
  run(inputs: ReadonlyMap<string, OnnxTensor>, outputs: ReadonlyMap<string, OnnxTensor>): Promise<void>;
  /** Writes the profile, to a file whose path begins as was asked. */
  endProfiling(): void;
  /** @throws Error while a run is under way */
  release(): Promise<void>;
}

/** A tensor of the caller's, as the runtime sees it: it lies in the same memory. */
export interface OnnxTensor {
  readonly host: HostTensor;
  /** To be called when no run uses it. */
  dispose(): void;
}

/**
 * One of the runtime's interfaces. None plans all memory as one block (its "memory pattern"): that block comes on top of those of the first
 * call, which are never given back. It was 980 MB instead of 700 for the step of dim 192 at batch 16, to save a fourteenth of the step on
 * one processor (Intel Xeon) and nothing on another (AMD EPYC).
 */
export interface OnnxLibrary {
  open(model: Uint8Array, options: RunnerOptions): Promise<OnnxRunner>;
  tensor(host: HostTensor): OnnxTensor;
}

/** A pool that spins does so within a call alone: what runs between two calls has the processor for itself. */
export const CONFIGURATIONS: Readonly<Record<Waiting, Readonly<Record<string, string>>>> = {
  asleep: { 'session.intra_op.allow_spinning': '0' },
  spinning: { 'session.intra_op.allow_spinning': '1', 'session.force_spinning_stop': '1' },
};

/** The runtime warns that what it has optimized belongs to this machine; the name under which it is kept says so. */
export const ERRORS_ALONE = 3;
