/** What a run says of its memory before its first step. */
import { type EngineName, isEngineName } from '../../engines/abilities.js';
import type { Engine } from '../../engines/engine.js';
import { type HostMemory, hostMemory } from '../../engines/hostMemory.js';
import type { Settings } from '../../settings/settings.js';
import type { SmallerRuns } from './largestFitting.js';
import { type DataSize, estimatedMemory, fitting, gigabytes, isHopeless, lackOf, plannedMemory } from './memory.js';
import { asItIs, sameResult, smaller, whatToDo } from './memoryAdvice.js';

export interface MemoryStatement {
  readonly fits: boolean;
  readonly text: string;
}

interface MemorySurroundings {
  readonly host?: HostMemory;
  /** Looks for a smaller run with no more than these bytes; absent: the run is resumed and stays what it is. */
  readonly smallerRuns?: (engine: EngineName, mostBytes: number) => Promise<SmallerRuns>;
}

/**
 * @returns undefined where the memory is a GPU's, of which nothing is known
 * @throws Error with one sentence that says what to change, when the run would certainly not fit
 */
export async function memoryStatement(
  settings: Settings,
  data: DataSize,
  { name, usesGpu }: Engine,
  { host = hostMemory(), smallerRuns }: MemorySurroundings,
): Promise<MemoryStatement | undefined> {
  if (usesGpu === true || !isEngineName(name)) return undefined;
  const memory = await estimatedMemory(settings, data, name);
  const takes = `takes about ${gigabytes(memory)} of memory`;
  const most = plannedMemory(host.free);
  if (memory <= most) return { fits: true, text: `it ${takes}, of ${gigabytes(host.free)} that are free (estimated)` };
  const less = await fitting(settings, data, name, most);
  const advice = less.fits
    ? sameResult(less)
    : smallerRuns === undefined
      ? asItIs(less)
      : smaller(await smallerRuns(name, most));
  const text = `${takes}, but ${lackOf(memory, host)}${whatToDo(memory, host, advice)}`;
  if (isHopeless(memory, host)) throw new Error(`The run ${text}.`);
  return { fits: false, text: `it ${text}` };
}
