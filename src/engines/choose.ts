/** Which engines this machine can run, and which one `auto` means. */
import { errorMessage } from '../errors/errorMessage.js';
import { ENGINES, type EngineAbilities, enginesAbleTo, multipliesIn, namedForUse } from './abilities.js';
import {
  type EngineDefinition,
  type EngineDetails,
  type EngineRequest,
  MendableError,
} from './definitions/definition.js';
import { ENGINE_DEFINITIONS } from './definitions/index.js';
import type { Engine } from './engine.js';
import { describeMachine, fastestOf, SPEEDS } from './fastest.js';
import { forget, recall } from './memory.js';
import { storageFolder } from './storage.js';
import { timeStep } from './timeStep.js';

export type EngineReport<Name extends string = string> = { readonly name: Name } & (
  | {
      readonly available: true;
      readonly version: string;
      /** Of a step of a small network on the processor, where it has been measured. */
      readonly milliseconds?: number;
      readonly details?: EngineDetails;
    }
  | { readonly available: false; readonly reason: string; readonly fix: string }
);

const messageOf = (error: unknown): string => errorMessage(error).split('\n')[0] ?? '';

/** What can be done with these engines on this machine. */
export function engineChoice<Name extends string>(
  engines: readonly (EngineAbilities & { readonly name: Name })[],
  definitions: Readonly<Record<Name, EngineDefinition>>,
) {
  const load = (name: Name, request: EngineRequest): Promise<Engine> => definitions[name].open(request);
  const forAuto = engines.flatMap(({ name, auto }) => (auto === undefined ? [] : [{ name, ...auto }]));

  /** Every engine, with its version or with what keeps it from running here and what to do about it. */
  async function listEngines(): Promise<EngineReport<Name>[]> {
    const reports: EngineReport<Name>[] = [];
    const speeds = recall(storageFolder(), SPEEDS, describeMachine()) ?? {};
    for (const { name } of engines) {
      const { report, fix } = definitions[name];
      try {
        const engine = await load(name, { provider: 'cpu' });
        const { version } = engine;
        const speed = speeds[name];
        const details = await report?.(engine);
        reports.push({
          name,
          available: true,
          version,
          ...(speed?.version === version && { milliseconds: speed.milliseconds }),
          ...(details && { details }),
        });
      } catch (error) {
        reports.push({ name, available: false, reason: messageOf(error), fix });
      }
    }
    return reports;
  }

  /**
   * The engine of that name. `auto` is TensorFlow where it has a GPU, else ONNX Runtime on one, else the faster engine on this
   * machine's processor; for bfloat16, and for several GPUs, it is the first that can.
   * Throws one sentence that says why the engine cannot run and what to do.
   */
  async function chooseEngine(name: Name | 'auto', request: EngineRequest = {}): Promise<Engine> {
    const { precision = 'float32', gpus = 1 } = request;
    if (name === 'auto') {
      const [able] = enginesAbleTo(request, engines);
      if (able === undefined) throw new Error(`No engine multiplies in ${precision} on ${gpus} GPUs.`);
      if (precision !== 'float32' || gpus > 1) return chooseEngine(able.name, request);
      return (await gpuEngine(request)) ?? (await fastestOnCpu()) ?? chooseEngine(able.name, request);
    }
    const abilities = engines.find((engine) => engine.name === name);
    if (abilities && !multipliesIn(precision, abilities)) {
      const able = namedForUse(enginesAbleTo({ precision }, engines));
      throw new Error(`The engine ${name} cannot multiply in ${precision}: use ${able}, or float32.`);
    }
    try {
      return await load(name, request);
    } catch (error) {
      const fix = error instanceof MendableError ? error.fix : definitions[name].fix;
      throw new Error(`The engine ${name} cannot run here: ${messageOf(error)}. To mend it, ${fix}.`, { cause: error });
    }
  }

  /** The first that computes on a GPU here. */
  async function gpuEngine(request: EngineRequest): Promise<Engine | undefined> {
    for (const { name } of forAuto.toSorted((a, b) => a.placeOnGpu - b.placeOnGpu)) {
      const engine = await load(name, request).catch(() => undefined);
      if (engine?.usesGpu) return engine;
    }
    return undefined;
  }

  /** Nothing is measured where there is but one. */
  async function fastestOnCpu(): Promise<Engine | undefined> {
    const loaded = await Promise.allSettled(forAuto.map(({ name }) => load(name, { provider: 'cpu' })));
    const opened = loaded.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    return opened.length > 1 ? fastestOf(opened, storageFolder(), timeStep) : opened[0];
  }

  /** Forgets what was measured and tried on this machine. */
  function forgetMeasured(): void {
    const memories = engines.flatMap(({ name }) => definitions[name].memories ?? []);
    for (const memory of [SPEEDS, ...memories]) forget(storageFolder(), memory);
  }

  return { listEngines, chooseEngine, forgetMeasured };
}

export const { listEngines, chooseEngine, forgetMeasured } = engineChoice(ENGINES, ENGINE_DEFINITIONS);
