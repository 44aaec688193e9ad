/**
 * ONNX Runtime's C API (onnxruntime_c_api.h), as far as sessions on the processor need it. The package onnxruntime-node brings the library;
 * its own interface copies every result of a call into new memory, and so all of a program's state at each step.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import koffi from 'koffi';
import { openLibrary } from './nativeLibrary.js';

export type Pointer = bigint;
/** Null: it went well. */
type Status = Pointer | null;
/** What a function writes. */
type Out<T> = [T | null];

interface Functions {
  getErrorMessage(status: Pointer): string;
  createEnv(leastSeverity: number, name: string, env: Out<Pointer>): Status;
  createSessionFromArray(
    env: Pointer,
    model: Uint8Array,
    bytes: number,
    options: Pointer,
    session: Out<Pointer>,
  ): Status;
  run: Run & { async(...args: [...Parameters<Run>, (error: Error | null, status: Status) => void]): void };
  createRunOptions(options: Out<Pointer>): Status;
  addRunConfigEntry(options: Pointer, key: string, value: string): Status;
  createSessionOptions(options: Out<Pointer>): Status;
  setOptimizedModelFilePath(options: Pointer, file: string): Status;
  enableProfiling(options: Pointer, filePrefix: string): Status;
  disableMemPattern(options: Pointer): Status;
  setSessionLogSeverityLevel(options: Pointer, least: number): Status;
  setSessionGraphOptimizationLevel(options: Pointer, level: number): Status;
  setIntraOpNumThreads(options: Pointer, threads: number): Status;
  sessionGetInputCount(session: Pointer, count: Out<number>): Status;
  sessionGetOutputCount(session: Pointer, count: Out<number>): Status;
  sessionGetOutputTypeInfo(session: Pointer, output: number, info: Out<Pointer>): Status;
  sessionGetInputName(session: Pointer, input: number, allocator: Pointer, name: Out<Pointer>): Status;
  sessionGetOutputName(session: Pointer, output: number, allocator: Pointer, name: Out<Pointer>): Status;
  createTensorWithDataAsOrtValue(
    memory: Pointer,
    data: Float32Array | Int32Array,
    bytes: number,
    shape: BigInt64Array,
    rank: number,
    elementType: number,
    value: Out<Pointer>,
  ): Status;
  castTypeInfoToTensorInfo(info: Pointer, tensor: Out<Pointer>): Status;
  getTensorElementType(tensor: Pointer, elementType: Out<number>): Status;
  getDimensionsCount(tensor: Pointer, rank: Out<number>): Status;
  getDimensions(tensor: Pointer, shape: BigInt64Array, rank: number): Status;
  createCpuMemoryInfo(allocator: number, kind: number, memory: Out<Pointer>): Status;
  allocatorFree(allocator: Pointer, memory: Pointer): Status;
  getAllocatorWithDefaultOptions(allocator: Out<Pointer>): Status;
  releaseStatus(status: Pointer): void;
  releaseSession(session: Pointer): void;
  releaseValue(value: Pointer): void;
  releaseTypeInfo(info: Pointer): void;
  releaseSessionOptions(options: Pointer): void;
  releaseRunOptions(options: Pointer): void;
  sessionEndProfiling(session: Pointer, allocator: Pointer, file: Out<Pointer>): Status;
  addSessionConfigEntry(options: Pointer, key: string, value: string): Status;
  createAndRegisterAllocator(environment: Pointer, memory: Pointer, arena: Pointer): Status;
  createArenaCfgV2(keys: BigUint64Array, values: BigUint64Array, count: number, arena: Out<Pointer>): Status;
  releaseArenaCfg(arena: Pointer): void;
}

/** Names are C strings; inputs and outputs are OrtValues. Each array of pointers must stay until the call has ended. */
type Run = (
  session: Pointer,
  options: Pointer | null,
  inputNames: BigUint64Array,
  inputs: BigUint64Array,
  inputCount: number,
  outputNames: BigUint64Array,
  outputCount: number,
  outputs: BigUint64Array,
) => Status;

const POINTER = 'void *';
const OUT = koffi.out('void **');
const COUNT = koffi.out('size_t *');
const NUMBER = koffi.out('int *');
/** Paths have 16 bits a character under Windows. */
const PATH = process.platform === 'win32' ? 'const char16_t *' : 'const char *';

type Type = Parameters<typeof koffi.out>[0] | ReturnType<typeof koffi.out>;
type Signature = readonly [place: number, args: readonly Type[], result?: Type];

/** Where each function stands in the API's table, to which new versions only add, and what it takes. Most give a status. */
const SIGNATURES: Readonly<Record<keyof Functions, Signature>> = {
  getErrorMessage: [2, [POINTER], 'const char *'],
  createEnv: [3, ['int', 'const char *', OUT]],
  createSessionFromArray: [8, [POINTER, POINTER, 'size_t', POINTER, OUT]],
  run: [9, [POINTER, POINTER, POINTER, POINTER, 'size_t', POINTER, 'size_t', POINTER]],
  createSessionOptions: [10, [OUT]],
  setOptimizedModelFilePath: [11, [POINTER, PATH]],
  enableProfiling: [14, [POINTER, PATH]],
  disableMemPattern: [17, [POINTER]],
  setSessionLogSeverityLevel: [22, [POINTER, 'int']],
  setSessionGraphOptimizationLevel: [23, [POINTER, 'int']],
  setIntraOpNumThreads: [24, [POINTER, 'int']],
  sessionGetInputCount: [30, [POINTER, COUNT]],
  sessionGetOutputCount: [31, [POINTER, COUNT]],
  sessionGetOutputTypeInfo: [34, [POINTER, 'size_t', OUT]],
  sessionGetInputName: [36, [POINTER, 'size_t', POINTER, OUT]],
  sessionGetOutputName: [37, [POINTER, 'size_t', POINTER, OUT]],
  createRunOptions: [39, [OUT]],
  createTensorWithDataAsOrtValue: [49, [POINTER, POINTER, 'size_t', POINTER, 'size_t', 'int', OUT]],
  castTypeInfoToTensorInfo: [55, [POINTER, OUT]],
  getTensorElementType: [60, [POINTER, NUMBER]],
  getDimensionsCount: [61, [POINTER, COUNT]],
  getDimensions: [62, [POINTER, POINTER, 'size_t']],
  createCpuMemoryInfo: [69, ['int', 'int', OUT]],
  allocatorFree: [76, [POINTER, POINTER]],
  getAllocatorWithDefaultOptions: [78, [OUT]],
  releaseStatus: [93, [POINTER], 'void'],
  releaseSession: [95, [POINTER], 'void'],
  releaseValue: [96, [POINTER], 'void'],
  releaseRunOptions: [97, [POINTER], 'void'],
  releaseTypeInfo: [98, [POINTER], 'void'],
  releaseSessionOptions: [100, [POINTER], 'void'],
  sessionEndProfiling: [110, [POINTER, POINTER, OUT]],
  addSessionConfigEntry: [130, [POINTER, 'const char *', 'const char *']],
  createAndRegisterAllocator: [144, [POINTER, POINTER, POINTER]],
  releaseArenaCfg: [157, [POINTER], 'void'],
  createArenaCfgV2: [164, [POINTER, POINTER, 'size_t', OUT]],
  addRunConfigEntry: [165, [POINTER, 'const char *', 'const char *']],
};

/** Of the API; a library has all versions up to its own. */
const API_VERSION = 24;
const LIBRARIES: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: 'libonnxruntime.1.dylib',
  linux: 'libonnxruntime.so.1',
  win32: 'onnxruntime.dll',
};
/** @throws Error where the system is not one that onnxruntime-node has a library for */
function load(): Functions {
  const name = LIBRARIES[process.platform];
  if (name === undefined) throw new Error(`onnxruntime-node has no library for ${process.platform}.`);
  const require = createRequire(import.meta.url);
  const folder = path.join(path.dirname(require.resolve('onnxruntime-node')), '..', 'bin', 'napi-v6');
  const library = openLibrary(path.join(folder, process.platform, process.arch, name));
  const base: Pointer = library.func('OrtGetApiBase', POINTER, [])();
  const getApi: Pointer = koffi.decode(base, POINTER);
  const table: Pointer | null = koffi.call(getApi, koffi.proto(POINTER, ['uint32_t']), API_VERSION);
  if (table === null) throw new Error(`${name} has no API of version ${API_VERSION}: is it onnxruntime-node's?`);
  const loaded = Object.entries(SIGNATURES).map(([title, [place, args, result = POINTER]]) => {
    const address: Pointer = koffi.decode(table, place * koffi.sizeof(POINTER), POINTER);
    return [title, koffi.decode(address, koffi.proto(result, [...args]))];
  });
  return Object.fromEntries(loaded);
}

let loaded: Functions | undefined;

/** Loads the library when it is first asked for. */
export function onnxApi(): Functions {
  loaded ??= load();
  return loaded;
}

/** @throws Error in the runtime's words, if it did not go well */
export function check(status: Status): void {
  if (status === null) return;
  const { getErrorMessage, releaseStatus } = onnxApi();
  const message = getErrorMessage(status);
  releaseStatus(status);
  throw new Error(message);
}

/** What a function writes behind its last argument. @throws Error in the runtime's words */
export function written<T>(call: (out: Out<T>) => Status): T {
  const out: Out<T> = [null];
  check(call(out));
  return out[0] as T;
}

/** A string that the runtime has allocated; it is freed. */
export function takeString(call: (allocator: Pointer, out: Out<Pointer>) => Status): string {
  const { getAllocatorWithDefaultOptions, allocatorFree } = onnxApi();
  const allocator = written<Pointer>((out) => getAllocatorWithDefaultOptions(out));
  const address = written<Pointer>((out) => call(allocator, out));
  const text: string = koffi.decode(address, 'char', -1);
  check(allocatorFree(allocator, address));
  return text;
}

/** Texts as C strings: in memory one after the other, and where each begins. */
export interface CStrings {
  readonly texts: readonly string[];
  readonly bytes: Buffer;
  readonly addresses: BigUint64Array;
}

export function cStrings(texts: readonly string[]): CStrings {
  const encoded = texts.map((text) => Buffer.from(`${text}\0`));
  const bytes = Buffer.concat(encoded);
  const addresses = new BigUint64Array(texts.length);
  let place = texts.length === 0 ? 0n : koffi.address(bytes);
  encoded.forEach(({ length }, i) => {
    addresses[i] = place;
    place += BigInt(length);
  });
  return { texts, bytes, addresses };
}
