/** What a run says of its memory before its first step. */
import { isEngineName } from '../../engines/abilities.js';
import type { Engine } from '../../engines/engine.js';
import { hostMemory } from '../../engines/hostMemory.js';
import type { Settings } from '../../settings/settings.js';
import {
  asFlags,
  asWords,
  type DataSize,
  estimatedMemory,
  fitting,
  gigabytes,
  isHopeless,
  lackOf,
  plannedMemory,
} from './memory.js';
import { smallerRun } from './smallerRun.js';

export interface MemoryStatement {
  readonly fits: boolean;
  readonly text: string;
}

/**
 * @returns undefined where the memory is a GPU's, of which nothing is known
 * @throws Error with one sentence that says what to change, when the run would certainly not fit
 */
export async function memoryStatement(
  settings: Settings,
  data: DataSize,
  { name, usesGpu }: Engine,
  host = hostMemory(),
): Promise<MemoryStatement | undefined> {
  if (usesGpu === true || !isEngineName(name)) return undefined;
  const { free } = host;
  const memory = await estimatedMemory(settings, data, name);
  const takes = `takes about ${gigabytes(memory)} of memory`;
  if (memory <= plannedMemory(free))
    return { fits: true, text: `it ${takes}, of ${gigabytes(free)} that are free (estimated)` };
  const less = await fitting(settings, data, name, plannedMemory(free));
  const change =
    less === undefined
      ? `choose ${smallerRun(settings)}`
      : `set ${asWords(less.set)} (${asFlags(less.set)}), which gives the same result with about ${gigabytes(less.memory)}`;
  const lack = lackOf(memory, host);
  const text = `${takes}, but ${lack}: ${memory > host.total ? '' : 'close other programs, or '}${change}`;
  if (isHopeless(memory, host)) throw new Error(`The run ${text}.`);
  return { fits: false, text: `it ${text}` };
}
