/** What can be done about a run that does not fit the memory: nothing is advised that is not enough. */
import type { HostMemory } from '../../engines/hostMemory.js';
import type { SmallerRun, SmallerRuns } from './largestFitting.js';
import { asFlags, asWords, type Fitting, gigabytes } from './memory.js';
import { smallnessText } from './smallerRun.js';

/** A clause, and whether what it says is enough. */
interface Advice {
  readonly isEnough: boolean;
  readonly text: string;
}

export const sameResult = ({ set, memory }: Fitting): Advice => ({
  isEnough: true,
  text: `set ${asWords(set)} (${asFlags(set)}), which gives the same result with about ${gigabytes(memory)}`,
});

/** Of a run whose settings may be changed. */
export function smaller({ found, least }: SmallerRuns): Advice {
  if (found !== undefined)
    return {
      isEnough: true,
      text: `choose ${smallnessText(found.instead)} (${flagsOf(found)}), which takes about ${gigabytes(found.memory)}`,
    };
  return {
    isEnough: false,
    text:
      least === undefined
        ? 'nothing that could be chosen makes it smaller'
        : `nothing smaller fits: even ${smallnessText(least.instead)} takes about ${gigabytes(least.memory)}`,
  };
}

/** Of a run that is resumed, which stays what it is. @param less the most that can be done for it */
export const asItIs = ({ memory }: Fitting): Advice => ({
  isEnough: false,
  text: `a run that is resumed keeps its network, its batch and its crops, and takes at least about ${gigabytes(memory)}`,
});

/** All that can be done, to be put behind what is lacking. @param memory that the run takes as it is, in bytes */
export function whatToDo(memory: number, { total }: HostMemory, { isEnough, text }: Advice): string {
  if (memory > total) return isEnough ? `: ${text}` : `, and ${text}`;
  return `: close other programs, ${isEnough ? 'or' : 'since'} ${text}`;
}

const flagsOf = ({ instead: { preset, set }, set: withSameResult }: SmallerRun): string =>
  [...(preset === undefined ? [] : [`--preset ${preset}`]), asFlags({ ...set, ...withSameResult })]
    .filter((flags) => flags !== '')
    .join(' ');
