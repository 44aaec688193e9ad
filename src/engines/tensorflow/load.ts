/** Loads tfjs-node over the TensorFlow that was found, be it of our own installing or the one that npm put there. */
import { createRequire, Module } from 'node:module';
import util from 'node:util';
import { enableProdMode } from '@tensorflow/tfjs-core';
import type { Precision } from '../engine.js';
import { loadQuietly } from './quietLoad.js';

const PACKAGE = '@tensorflow/tfjs-node-gpu';

/** TensorFlow's level of the log at which it writes what ends the process alone. */
const QUIET = '3';

/** A tensor that TensorFlow holds for us until it is deleted. */
export interface TensorHandle {
  readonly id: number;
  readonly shape: readonly number[];
  /** One of the binding's `TF_…`. */
  readonly dtype: number;
}

/**
 * tfjs-node's own binding: what `tf.node.loadSavedModel` and its models call.
 *
 * We call it without them. They make tensors of tfjs, which always belong to the backend in use, and ours is another one;
 * they parse the whole file in JavaScript, once for every signature; and they ask for all outputs of a signature or none.
 */
export interface TensorFlowBinding {
  /** Does not copy the data: TensorFlow reads them where they lie until the tensor is deleted. */
  createTensor(shape: readonly number[], dtype: number, data: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  /** A copy. */
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  getNumOfTensors(): number;
  /** Returns the number of a session. `tags` are separated by commas. */
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(session: number): void;
  /** Holds up the thread until the session has run. Names are `node:index`, separated by commas. */
  runSavedModel(
    session: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): readonly TensorHandle[];
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
}

interface TfjsNode {
  findBackend(name: string): { readonly binding: TensorFlowBinding } | null;
}

export interface LoadOptions {
  /** Whether GPUs may round the factors of float32 products to TensorFloat-32. */
  readonly tf32?: boolean;
  /** Whether processors round the factors of float32 products to bfloat16: of stacks of matrices, and of convolutions. */
  readonly roundsToBfloat16?: boolean;
  /** Whether it is the TensorFlow that DINO Lab has chosen, whose flags are known. */
  readonly isOwn?: boolean;
  readonly hasGpuKernels?: boolean;
}

/** Set before TensorFlow reads them, which it does once. */
export function setEnvironment(options: LoadOptions): void {
  const { tf32 = false, roundsToBfloat16 = false, isOwn = false, hasGpuKernels = false } = options;
  const { env } = process;
  // Whoever sets it for other programs does not mean ours, whose precision is a setting.
  env['TF_SET_ONEDNN_FPMATH_MODE'] = roundsToBfloat16 ? 'BF16' : 'STRICT';
  // What makes a call fail reaches us as the call's own error, and what ends the process is still written. All else (how TensorFlow was
  // built, what it found on the GPU, which factory is registered twice) is for those who set this themselves.
  env['TF_CPP_MIN_LOG_LEVEL'] ??= QUIET;
  // Otherwise it takes all of a GPU's memory at once, and a desktop shares that GPU with its screen.
  env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  // Each session gets threads of its own, as many as its config says. Without this, all sessions share those of the first.
  if (isOwn && !hasGpuKernels) env['TF_OVERRIDE_GLOBAL_THREADPOOL'] = '1';
  if (tf32) return;
  // TensorFlow allows it unless it is told not to; this is NVIDIA's own switch for all of its libraries.
  env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  // The kernels that XLA writes itself do not know that switch, so products are left to NVIDIA's. An unknown flag would end the process.
  if (isOwn) env['XLA_FLAGS'] = `${env['XLA_FLAGS'] ?? ''} --xla_gpu_enable_triton_gemm=false`.trim();
}

/** A process has TensorFlow for one rounding alone. */
export class LoadedOtherwise extends Error {}

/** How TensorFlow was loaded. */
export interface Rounding {
  readonly usesGpu: boolean;
  readonly tf32: boolean;
  readonly roundsToBfloat16: boolean;
}

/**
 * TensorFlow reads once what it rounds the factors of float32 products to: a GPU to TensorFloat-32 or not, a processor to bfloat16 or not.
 * @throws LoadedOtherwise when it was loaded for the other
 */
export function requireRounding(precision: Precision, { usesGpu, tf32, roundsToBfloat16 }: Rounding): void {
  // Factors that are given in bfloat16 are as they are.
  if (precision === 'bfloat16') return;
  if (usesGpu ? tf32 === (precision === 'tf32') : !roundsToBfloat16) return;
  const loaded = usesGpu ? `${tf32 ? 'with' : 'without'} TensorFloat-32` : 'to multiply in bfloat16';
  throw new LoadedOtherwise(`in this process TensorFlow was loaded ${loaded}, and cannot multiply in ${precision}`);
}

/** tfjs-node calls a function that Node has dropped (23). */
function restoreIsNullOrUndefined(): void {
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

/**
 * The binding in this file (a `tfjs_binding.node`), and tfjs-node over it where that package is there. In the packaged
 * extension it is not: then the binding is loaded by itself, which is all that our sessions need.
 *
 * tfjs-node shares its registry of ops and the backend in use with the tfjs that we carry: both keep them in the process's
 * globals. From here on `tensorflow` is the backend in use, until another is set.
 *
 * @throws Error when the file is not there or its libraries cannot be loaded
 */
export function loadTensorFlow(file: string, options: LoadOptions = {}): TensorFlowBinding {
  setEnvironment(options);
  // Ours has been tried: it will not end the process.
  const isQuiet = options.isOwn === true && process.env['TF_CPP_MIN_LOG_LEVEL'] === QUIET;
  return isQuiet ? loadQuietly(() => load(file)) : load(file);
}

function load(file: string): TensorFlowBinding {
  const require = createRequire(import.meta.url);
  const packageFile = fileOf(require, `${PACKAGE}/package.json`);
  if (packageFile === undefined) return require(file) as TensorFlowBinding;
  restoreIsNullOrUndefined();
  // It registers once more what we have registered already, and would say so op by op.
  enableProdMode();
  const tf = withBinding(createRequire(packageFile), file, () => require(PACKAGE) as TfjsNode);
  const backend = tf.findBackend('tensorflow');
  if (backend === null) throw new Error(`${PACKAGE} has loaded without its backend`);
  return backend.binding;
}

/** The file that a package's path leads to, or undefined where it is not installed. */
function fileOf(require: NodeJS.Require, path: string): string | undefined {
  try {
    return require.resolve(path);
  } catch {
    return undefined;
  }
}

/** tfjs-node asks the package node-pre-gyp where its binding is; while it is being loaded, this answers in its place. */
function withBinding<T>(require: NodeJS.Require, file: string, load: () => T): T {
  const asked = require.resolve('@mapbox/node-pre-gyp');
  const before = require.cache[asked];
  const standIn = new Module(asked);
  standIn.exports = { find: () => file };
  standIn.loaded = true;
  require.cache[asked] = standIn;
  try {
    return load();
  } finally {
    if (before === undefined) delete require.cache[asked];
    else require.cache[asked] = before;
  }
}
