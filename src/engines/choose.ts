/** Which engines this machine can run, and which one `auto` means. */
import { eagerEngine } from './eager.js';
import { ENGINE_NAMES, type Engine, type EngineName, multipliesIn, type Precision } from './engine.js';
import { fastestOf } from './fastest.js';
import { storageFolder } from './storage.js';
import { timeStep } from './timeStep.js';

export type EngineReport =
  | { readonly name: EngineName; readonly available: true; readonly version: string }
  | { readonly name: EngineName; readonly available: false; readonly reason: string; readonly fix: string };

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] as string;

/** Loads the engine's library only now: a machine that cannot load one engine still runs the others. */
async function load(name: EngineName, precision: Precision = 'float32'): Promise<Engine> {
  if (name === 'eager') return eagerEngine;
  if (name === 'onnx') return (await import('./onnx.js')).onnxEngine;
  return (await import('./tensorflow/engine.js')).openTensorFlowEngine({ precision });
}

const FIXES: Readonly<Record<EngineName, string>> = {
  onnx: 'run `npm ci` again: the package onnxruntime-node carries the library for Linux, macOS and Windows on x64 and arm64 (not macOS on x64)',
  tensorflow:
    'run `dino engines install tensorflow` (in VS Code the command “DINO: Install TensorFlow Engine”), or use the engine onnx',
  eager: 'reinstall DINO Lab',
};

/** Every engine, with its version or with what keeps it from running here and what to do about it. */
export async function listEngines(): Promise<EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const name of ENGINE_NAMES) {
    try {
      const { version } = await load(name);
      reports.push({ name, available: true, version });
    } catch (error) {
      reports.push({ name, available: false, reason: messageOf(error), fix: FIXES[name] });
    }
  }
  return reports;
}

/**
 * The engine of that name. `auto` is TensorFlow where it has a GPU, else the faster one on this machine's processor; for
 * bfloat16 it is the one that multiplies in it.
 * Throws one sentence that says why the engine cannot run and what to do.
 */
export async function chooseEngine(name: EngineName | 'auto', precision: Precision = 'float32'): Promise<Engine> {
  if (name === 'auto' && precision !== 'float32') return chooseEngine('tensorflow', precision);
  if (name === 'auto') return (await gpuEngine()) ?? (await fastestOnCpu()) ?? chooseEngine('onnx');
  if (!multipliesIn(precision, name)) {
    throw new Error(`The engine ${name} cannot multiply in ${precision}: use the engine tensorflow, or float32.`);
  }
  try {
    return await load(name, precision);
  } catch (error) {
    throw new Error(`The engine ${name} cannot run here: ${messageOf(error)}. To mend it, ${FIXES[name]}.`, {
      cause: error,
    });
  }
}

/** Engines that compute on a GPU here, the best first: the order in which `auto` asks them. */
const ON_GPU: readonly EngineName[] = ['tensorflow'];
const ON_CPU: readonly EngineName[] = ['onnx', 'tensorflow'];

async function gpuEngine(): Promise<Engine | undefined> {
  for (const engine of await loadable(ON_GPU)) if (engine.usesGpu) return engine;
  return undefined;
}

/** Nothing is measured where there is but one. */
async function fastestOnCpu(): Promise<Engine | undefined> {
  const engines = await loadable(ON_CPU);
  return engines.length > 1 ? fastestOf(engines, storageFolder(), timeStep) : engines[0];
}

async function loadable(names: readonly EngineName[]): Promise<Engine[]> {
  const engines = await Promise.allSettled(names.map((name) => load(name)));
  return engines.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}
