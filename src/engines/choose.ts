/** Which engines this machine can run, and which one `auto` means. */
import { eagerEngine } from './eager.js';
import { ENGINE_NAMES, type Engine, type EngineName } from './engine.js';

export type EngineReport =
  | { readonly name: EngineName; readonly available: true; readonly version: string }
  | { readonly name: EngineName; readonly available: false; readonly reason: string; readonly fix: string };

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] as string;

/** Loads the engine's library only now: a machine that cannot load one engine still runs the others. */
async function load(name: EngineName): Promise<Engine> {
  if (name === 'eager') return eagerEngine;
  if (name === 'onnx') return (await import('./onnx.js')).onnxEngine;
  return (await import('./tensorflow/engine.js')).openTensorFlowEngine();
}

const FIXES: Readonly<Record<EngineName, string>> = {
  onnx: 'run `npm ci` again: the package onnxruntime-node carries the library for Linux, macOS and Windows on x64 and arm64 (not macOS on x64)',
  tensorflow: 'run `dino engines install tensorflow`, or use the engine onnx',
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
 * The engine of that name; `auto` is the fastest that runs here without an installation of its own.
 * Throws one sentence that says why the engine cannot run and what to do.
 */
export async function chooseEngine(name: EngineName | 'auto'): Promise<Engine> {
  const wanted = name === 'auto' ? 'onnx' : name;
  try {
    return await load(wanted);
  } catch (error) {
    throw new Error(`The engine ${wanted} cannot run here: ${messageOf(error)}. To mend it, ${FIXES[wanted]}.`, {
      cause: error,
    });
  }
}
