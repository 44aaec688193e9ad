/**
 * A tfjs backend that computes nothing: each kernel infers the shape of its result and appends a node to the graph being
 * recorded. tfjs's own ops and gradients run on it unchanged.
 */
import {
  type DataId,
  type DataType,
  KernelBackend,
  type KernelFunc,
  type NamedTensorInfoMap,
  registerBackend,
  registerKernel,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { HostTensor } from '../program/program.js';
import { sizeOf } from '../program/program.js';
import type { Node, Value, ValueType } from './graph.js';
import { type Infer, KERNELS, type KernelAttributes, LIST_KERNELS, TRACED_OPS, type TracedOp } from './kernels.js';

export const TRACING_BACKEND = 'dino-trace';

/** What is recorded while one program is traced. */
export class Recording {
  readonly nodes: Node[] = [];
  readonly constants = new Map<Value, HostTensor>();
}

export class TracingBackend extends KernelBackend {
  #recording: Recording | undefined;
  #values = new WeakMap<DataId, Value>();

  start(): Recording {
    this.#values = new WeakMap();
    this.#recording = new Recording();
    return this.#recording;
  }

  finish(): void {
    this.#recording = undefined;
  }

  /** A tensor handle for a value that some node, or the caller, provides. */
  handle(value: Value): TensorInfo {
    const dataId: DataId = {};
    this.#values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.type };
  }

  /** The value behind a tensor; the same data under another shape counts as a Reshape. */
  traced(tensor: TensorInfo): Value {
    const value = this.#values.get(tensor.dataId);
    if (value === undefined) throw new Error('A tensor from outside was used while a program was traced.');
    if (sameShape(value.shape, tensor.shape)) return value;
    return this.record('Reshape', { x: value }, { shape: tensor.shape }, [
      { shape: [...tensor.shape], type: value.type },
    ])[0] as Value;
  }

  record(
    op: TracedOp,
    inputs: Readonly<Record<string, Value>>,
    attributes: Partial<KernelAttributes>,
    outputs: readonly Value[],
  ): readonly Value[] {
    this.#current().nodes.push({
      op,
      inputs: Object.values(inputs),
      inputNames: Object.keys(inputs),
      attributes,
      outputs,
    });
    return outputs;
  }

  /** tfjs gives constants here; everything else comes out of a kernel. */
  override write(values: Float32Array | Int32Array | Uint8Array, shape: number[], dtype: DataType): DataId {
    const type = valueType(dtype);
    const value: Value = { shape: [...shape], type };
    const data = type === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
    this.#current().constants.set(value, { shape: value.shape, dtype: type === 'float32' ? 'float32' : 'int32', data });
    const dataId: DataId = {};
    this.#values.set(dataId, value);
    return dataId;
  }

  override readSync(): never {
    throw new Error('A program read a tensor while it was traced: what it does must not depend on the values.');
  }
  override read(): never {
    return this.readSync();
  }
  override numDataIds(): number {
    return 0;
  }
  override disposeData(): boolean {
    return true;
  }
  override incRef(): void {}
  override refCount(): number {
    return 1;
  }
  override memory() {
    return { unreliable: true };
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override timerAvailable(): boolean {
    return false;
  }

  #current(): Recording {
    if (this.#recording === undefined) throw new Error('Nothing is being traced.');
    return this.#recording;
  }
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((extent, i) => extent === b[i]);

function valueType(dtype: DataType): ValueType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`Tensors of type ${dtype} cannot be traced.`);
}

function kernelFor(op: TracedOp): KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const tracing = backend as TracingBackend;
    const named = namedValues(tracing, inputs as NamedTensorInfoMap);
    const attributes: Partial<KernelAttributes> = attrs ?? {};
    const infer: Infer = KERNELS[op];
    const outputs = infer(Object.values(named), attributes as KernelAttributes);
    for (const { shape } of outputs) {
      if (!Number.isInteger(sizeOf(shape))) throw new Error(`${op} got shapes that do not fit together.`);
    }
    tracing.record(op, named, attributes, outputs);
    const handles = outputs.map((value) => tracing.handle(value));
    return LIST_KERNELS.has(op) ? handles : (handles[0] as TensorInfo);
  };
}

function namedValues(backend: TracingBackend, inputs: NamedTensorInfoMap): Record<string, Value> {
  const named: Record<string, Value> = {};
  for (const [name, tensor] of Object.entries(inputs)) if (tensor !== undefined) named[name] = backend.traced(tensor);
  return named;
}

/** The one tracing backend of this process, registered with tfjs at the first call. */
export const tracingBackend: () => TracingBackend = (() => {
  let backend: TracingBackend | undefined;
  return () => {
    if (backend === undefined) {
      const made = new TracingBackend();
      registerBackend(TRACING_BACKEND, () => made, 0);
      for (const op of TRACED_OPS) {
        registerKernel({ kernelName: op, backendName: TRACING_BACKEND, kernelFunc: kernelFor(op) });
      }
      backend = made;
    }
    return backend;
  };
})();
