/** Which of several engines is the fastest on this machine: measured once, and remembered in the storage folder. */
import { z } from 'zod';
import { recall, remember } from './memory.js';
import { describeProcessor, thisProcessor } from './processor.js';

export interface Candidate {
  readonly name: string;
  /** With its library's version: another version is measured anew. */
  readonly version: string;
}

const speedSchema = z.object({ version: z.string(), milliseconds: z.number() });

/** Milliseconds of a step by engine. */
export const SPEEDS = { file: 'engine-speeds.json', schema: z.record(z.string(), speedSchema) };

/** What the times depend on beside the engines. */
export const describeMachine = (): string => describeProcessor(thisProcessor());

/**
 * The candidate whose step takes least time. Only candidates whose time on this machine is not known are measured; one that cannot be
 * measured is left out, this time.
 * @param measure the milliseconds of a step
 * @returns undefined when none could be measured
 */
export async function fastestOf<C extends Candidate>(
  candidates: readonly C[],
  storage: string,
  measure: (candidate: C) => Promise<number>,
  machine = describeMachine(),
): Promise<C | undefined> {
  const known = recall(storage, SPEEDS, machine) ?? {};
  const timed: { readonly candidate: C; readonly milliseconds: number }[] = [];
  let isNew = false;
  for (const candidate of candidates) {
    const before = known[candidate.name];
    if (before?.version === candidate.version) {
      timed.push({ candidate, milliseconds: before.milliseconds });
      continue;
    }
    const milliseconds = await measure(candidate).catch(() => undefined);
    if (milliseconds === undefined) continue;
    isNew = true;
    timed.push({ candidate, milliseconds });
  }
  if (isNew) {
    const now = timed.map(({ candidate: { name, version }, milliseconds }) => [name, { version, milliseconds }]);
    remember(storage, SPEEDS, machine, { ...known, ...Object.fromEntries(now) });
  }
  return timed.sort((a, b) => a.milliseconds - b.milliseconds)[0]?.candidate;
}
