/** ONNX Runtime on the processor, by its C API: results are written where the caller wants them, and the caller's thread stays free. */
import { type HostTensor, sizeOf, type TensorSpec } from '../program/program.js';
import { type CStrings, check, cStrings, onnxApi, type Pointer, takeString, written } from './onnxApi.js';
import { onnxEnvironment, onnxMemory, SHARED_MEMORY, shrinkSharedMemory } from './onnxEnvironment.js';
import {
  CONFIGURATIONS,
  ERRORS_ALONE,
  type OnnxLibrary,
  type OnnxRunner,
  type OnnxTensor,
  type RunnerOptions,
} from './onnxRunner.js';
import { countNativeWork } from './underWay.js';

/** The runtime's numbers. */
const OPTIMIZE_NOTHING = 0;
const OPTIMIZE_ALL = 99;
const ELEMENT_TYPES = { float32: 1, int32: 6 } as const;

class TensorInPlace implements OnnxTensor {
  #value: Pointer | undefined;

  constructor(readonly host: HostTensor) {
    const { createTensorWithDataAsOrtValue } = onnxApi();
    const { data, shape } = host;
    const dimensions = BigInt64Array.from(shape, BigInt);
    this.#value = written<Pointer>((out) =>
      createTensorWithDataAsOrtValue(
        onnxMemory(),
        data,
        data.byteLength,
        dimensions,
        shape.length,
        ELEMENT_TYPES[data instanceof Float32Array ? 'float32' : 'int32'],
        out,
      ),
    );
  }

  /** @throws Error after `dispose` */
  get value(): Pointer {
    if (this.#value === undefined) throw new Error('The tensor has been disposed of.');
    return this.#value;
  }

  dispose(): void {
    if (this.#value !== undefined) onnxApi().releaseValue(this.#value);
    this.#value = undefined;
  }
}

class RunnerInPlace implements OnnxRunner {
  readonly inputs: OnnxRunner['inputs'];
  readonly outputs: OnnxRunner['outputs'];
  #session: Pointer | undefined;
  /** What the runtime reads and writes by pointers, which keep nothing from being collected. */
  readonly #underWay = new Set<object>();
  readonly #names: { readonly inputs: CStrings; readonly outputs: CStrings };
  readonly #sharesMemory: boolean;

  constructor(session: Pointer, sharesMemory: boolean) {
    const api = onnxApi();
    this.#session = session;
    this.#sharesMemory = sharesMemory;
    const inputCount = Number(written<number>((out) => api.sessionGetInputCount(session, out)));
    const outputCount = Number(written<number>((out) => api.sessionGetOutputCount(session, out)));
    const inputs = Array.from({ length: inputCount }, (_, i) =>
      takeString((allocator, out) => api.sessionGetInputName(session, i, allocator, out)),
    );
    this.outputs = Array.from({ length: outputCount }, (_, i) => ({
      name: takeString((allocator, out) => api.sessionGetOutputName(session, i, allocator, out)),
      ...outputSpec(session, i),
    }));
    this.inputs = new Set(inputs);
    this.#names = { inputs: cStrings(inputs), outputs: cStrings(this.outputs.map(({ name }) => name)) };
  }

  async run(inputs: ReadonlyMap<string, OnnxTensor>, outputs: ReadonlyMap<string, OnnxTensor>): Promise<void> {
    const session = this.#opened();
    const names = this.#names;
    const values = { inputs: valuesOf(names.inputs, inputs), outputs: valuesOf(names.outputs, outputs) };
    const call = { names, values, inputs, outputs };
    this.#underWay.add(call);
    try {
      const called = new Promise<Pointer | null>((resolve, reject) => {
        onnxApi().run.async(
          session,
          null,
          names.inputs.addresses,
          values.inputs,
          values.inputs.length,
          names.outputs.addresses,
          values.outputs.length,
          values.outputs,
          (error, result) => (error === null ? resolve(result) : reject(error)),
        );
      });
      check(await countNativeWork(called));
    } finally {
      this.#underWay.delete(call);
    }
  }

  endProfiling(): void {
    const session = this.#opened();
    takeString((allocator, out) => onnxApi().sessionEndProfiling(session, allocator, out));
  }

  async release(): Promise<void> {
    if (this.#underWay.size > 0) throw new Error('A call of the session is under way.');
    if (this.#session === undefined) return;
    onnxApi().releaseSession(this.#session);
    this.#session = undefined;
    if (this.#sharesMemory) shrinkSharedMemory();
  }

  #opened(): Pointer {
    if (this.#session === undefined) throw new Error('The session has been released.');
    return this.#session;
  }
}

function valuesOf({ texts }: CStrings, tensors: ReadonlyMap<string, OnnxTensor>): BigUint64Array {
  return BigUint64Array.from(texts, (name) => {
    const tensor = tensors.get(name);
    if (!(tensor instanceof TensorInPlace)) throw new Error(`The model's ${name} was not given.`);
    return tensor.value;
  });
}

function outputSpec(session: Pointer, output: number): TensorSpec {
  const api = onnxApi();
  const info = written<Pointer>((out) => api.sessionGetOutputTypeInfo(session, output, out));
  try {
    const tensor = written<Pointer>((out) => api.castTypeInfoToTensorInfo(info, out));
    const rank = Number(written<number>((out) => api.getDimensionsCount(tensor, out)));
    const dimensions = new BigInt64Array(rank);
    check(api.getDimensions(tensor, dimensions, rank));
    const elementType = written<number>((out) => api.getTensorElementType(tensor, out));
    const dtype = elementType === ELEMENT_TYPES.float32 ? 'float32' : 'int32';
    if (ELEMENT_TYPES[dtype] !== elementType) throw new Error(`An output has elements of type ${elementType}.`);
    return { shape: Array.from(dimensions, Number), dtype };
  } finally {
    api.releaseTypeInfo(info);
  }
}

function open(
  model: Uint8Array,
  { optimize, threads, waiting, sharesMemory, optimizedFile, profilePrefix }: RunnerOptions,
): OnnxRunner {
  const api = onnxApi();
  const env = onnxEnvironment();
  const options = written<Pointer>((out) => api.createSessionOptions(out));
  try {
    check(api.disableMemPattern(options));
    if (threads !== undefined) check(api.setIntraOpNumThreads(options, threads));
    check(api.setSessionGraphOptimizationLevel(options, optimize ? OPTIMIZE_ALL : OPTIMIZE_NOTHING));
    const configuration = { ...CONFIGURATIONS[waiting], ...(sharesMemory && SHARED_MEMORY) };
    for (const [key, value] of Object.entries(configuration)) check(api.addSessionConfigEntry(options, key, value));
    if (optimizedFile !== undefined) {
      check(api.setOptimizedModelFilePath(options, optimizedFile));
      check(api.setSessionLogSeverityLevel(options, ERRORS_ALONE));
    }
    if (profilePrefix !== undefined) check(api.enableProfiling(options, profilePrefix));
    const session = written<Pointer>((out) => api.createSessionFromArray(env, model, model.byteLength, options, out));
    return new RunnerInPlace(session, sharesMemory);
  } finally {
    api.releaseSessionOptions(options);
  }
}

export const onnxInPlace: OnnxLibrary = {
  open: async (model, options) => open(model, options),
  tensor: (host) => {
    if (host.data.length !== sizeOf(host.shape))
      throw new Error(`${host.data.length} elements are not [${host.shape}].`);
    return new TensorInPlace(host);
  },
};
