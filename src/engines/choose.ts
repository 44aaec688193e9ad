/** Which engines this machine can run, and which one `auto` means. */
import { errorMessage } from '../errors/errorMessage.js';
import { eagerEngine } from './eager.js';
import { ENGINE_NAMES, type Engine, type EngineName, multipliesIn, type Precision, type Provider } from './engine.js';
import { describeMachine, fastestOf, SPEEDS } from './fastest.js';
import { recall } from './memory.js';
import type { ProviderReport } from './onnxProvider.js';
import { storageFolder } from './storage.js';
import { type FormTimes, formTimes } from './tensorflow/forms.js';
import { timeStep } from './timeStep.js';

export type EngineReport = {
  readonly name: EngineName;
  /** Of the engine `onnx`: what it can compute on beside the processor. */
  readonly providers?: readonly ProviderReport[];
  /** Of the engine `tensorflow`: programs that were timed in both of its forms. */
  readonly forms?: readonly FormTimes[];
  /** Milliseconds of a step of a small network on the processor, where it has been measured. */
  readonly milliseconds?: number;
} & (
  | { readonly available: true; readonly version: string }
  | { readonly available: false; readonly reason: string; readonly fix: string }
);

export interface EngineRequest {
  readonly precision?: Precision;
  /** What the engine `onnx` computes on. `auto`: a GPU that was tried and is faster than the processor, else that. */
  readonly provider?: Provider | 'auto';
  /** GPUs that share a program. */
  readonly gpus?: number;
}

const messageOf = (error: unknown): string => errorMessage(error).split('\n')[0] as string;

/** Loads the engine's library only now: a machine that cannot load one engine still runs the others. */
async function load(name: EngineName, { precision = 'float32', provider = 'auto' }: EngineRequest): Promise<Engine> {
  if (name === 'eager') return eagerEngine;
  if (name === 'tensorflow') return (await import('./tensorflow/engine.js')).openTensorFlowEngine({ precision });
  const { openOnnxEngine } = await import('./onnx.js');
  return openOnnxEngine(provider === 'auto' ? await bestProvider() : await requireProvider(provider));
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
  const speeds = recall(storageFolder(), SPEEDS, describeMachine()) ?? {};
  for (const name of ENGINE_NAMES) {
    try {
      const { version } = await load(name, { provider: 'cpu' });
      const speed = speeds[name];
      reports.push({
        name,
        available: true,
        version,
        ...(speed?.version === version && { milliseconds: speed.milliseconds }),
        ...(name === 'onnx' && { providers: await providerReports() }),
        ...(name === 'tensorflow' && { forms: Object.values(formTimes()) }),
      });
    } catch (error) {
      reports.push({ name, available: false, reason: messageOf(error), fix: FIXES[name] });
    }
  }
  return reports;
}

/**
 * The engine of that name. `auto` is TensorFlow where it has a GPU, else ONNX Runtime on one, else the faster engine on this
 * machine's processor; for bfloat16, and for several GPUs, it is the one that can.
 * Throws one sentence that says why the engine cannot run and what to do.
 */
export async function chooseEngine(name: EngineName | 'auto', request: EngineRequest = {}): Promise<Engine> {
  const { precision = 'float32', gpus = 1 } = request;
  if (name === 'auto' && (precision !== 'float32' || gpus > 1)) return chooseEngine('tensorflow', request);
  if (name === 'auto') return (await gpuEngine(request)) ?? (await fastestOnCpu()) ?? chooseEngine('onnx', request);
  if (!multipliesIn(precision, name)) {
    throw new Error(`The engine ${name} cannot multiply in ${precision}: use the engine tensorflow, or float32.`);
  }
  try {
    return await load(name, request);
  } catch (error) {
    throw new Error(`The engine ${name} cannot run here: ${messageOf(error)}. To mend it, ${fixOf(error, name)}.`, {
      cause: error,
    });
  }
}

/** Engines that compute on a GPU here, the best first: the order in which `auto` asks them. */
const ON_GPU: readonly EngineName[] = ['tensorflow', 'onnx'];
const ON_CPU: readonly EngineName[] = ['onnx', 'tensorflow'];

async function gpuEngine(request: EngineRequest): Promise<Engine | undefined> {
  for (const name of ON_GPU) {
    const engine = await load(name, request).catch(() => undefined);
    if (engine?.usesGpu) return engine;
  }
  return undefined;
}

/** Nothing is measured where there is but one. */
async function fastestOnCpu(): Promise<Engine | undefined> {
  const loaded = await Promise.allSettled(ON_CPU.map((name) => load(name, { provider: 'cpu' })));
  const engines = loaded.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  return engines.length > 1 ? fastestOf(engines, storageFolder(), timeStep) : engines[0];
}

async function providerReports(): Promise<readonly ProviderReport[]> {
  const [{ gpuProviders, reportProviders, whyNoGpu }, { onnxVersion }] = await Promise.all([
    import('./onnxProvider.js'),
    import('./onnx.js'),
  ]);
  return reportProviders(gpuProviders(), onnxVersion, { noGpu: whyNoGpu() });
}

async function bestProvider(): Promise<Provider> {
  const { fasterThanCpu } = await import('./onnxProvider.js');
  return fasterThanCpu(await providerReports()) ?? 'cpu';
}

/** What to do about a provider that cannot run is not what to do about the engine. */
class ProviderError extends Error {
  constructor(
    message: string,
    readonly fix: string,
  ) {
    super(message);
  }
}

const fixOf = (error: unknown, name: EngineName): string => (error instanceof ProviderError ? error.fix : FIXES[name]);

/** @throws ProviderError when it cannot be trusted here */
async function requireProvider(provider: Provider): Promise<Provider> {
  if (provider === 'cpu') return provider;
  const [{ reportProviders, gpuProviders }, { onnxVersion }] = await Promise.all([
    import('./onnxProvider.js'),
    import('./onnx.js'),
  ]);
  if (!gpuProviders().includes(provider)) {
    const others = [...gpuProviders(), 'cpu'].join(', ');
    throw new ProviderError(`ONNX Runtime has no provider ${provider} on this system`, `choose one of ${others}`);
  }
  const [report] = await reportProviders([provider], onnxVersion);
  if (report?.available === false)
    throw new ProviderError(`its provider ${provider} failed: ${report.reason}`, report.fix);
  return provider;
}
