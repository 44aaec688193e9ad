/**
 * A program is a pure function of named tensors, written in plain tfjs ops. Nothing in it knows who runs it: the eager
 * engine calls it as it is, the compiled engines trace it once and run what they made of the trace.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Divisible, Sharing } from './replicas.js';

export type DType = 'float32' | 'int32';

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** A tensor in ordinary memory, row-major. `data.length` is the product of `shape`. */
export interface HostTensor extends TensorSpec {
  readonly data: Float32Array | Int32Array;
}

export type NamedSpecs = Readonly<Record<string, TensorSpec>>;
export type NamedTensors = Readonly<Record<string, Tensor>>;
export type NamedHostTensors = Readonly<Record<string, HostTensor>>;

export interface Program {
  readonly name: string;
  /**
   * Which of the programs of this name it is: those of equal identity, state and inputs have equal bodies. What was compiled from one without it
   * is not kept for the next time.
   */
  readonly identity?: string;
  /** What lives in the engine from one call to the next (weights, moments, center). */
  readonly state: NamedSpecs;
  /** What the caller gives with each call. Scalars have shape []. */
  readonly inputs: NamedSpecs;
  /** Present where several devices are to run it together; an engine with a single device runs the program as it is. */
  readonly sharing?: Sharing;
  /** Present where parts of its images, computed apart and averaged, give what the program gives, up to rounding. */
  readonly divisible?: Divisible;
  /** `state` of the result names the entries that the call changes; the others stay as they are. */
  body(state: NamedTensors, inputs: NamedTensors): { readonly state: NamedTensors; readonly outputs: NamedTensors };
}

export const float32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
