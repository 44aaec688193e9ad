/** Which of several engines is the fastest on this machine: measured once, and remembered in the storage folder. */
import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import type { EngineName } from './engine.js';

export interface Candidate {
  readonly name: EngineName;
  /** With its library's version: another version is measured anew. */
  readonly version: string;
}

const memorySchema = z.object({
  schema: z.literal(1),
  /** All that the times depend on. */
  machine: z.string(),
  engines: z.record(z.string(), z.object({ version: z.string(), milliseconds: z.number() })),
});

export const speedsFile = (storage: string): string => path.join(storage, 'engine-speeds.json');

/** What the times depend on beside the engines. */
export const describeMachine = (): string => `${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} cores`;

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
  const known = recall(storage, machine);
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
    remember(storage, { schema: 1, machine, engines: { ...known, ...Object.fromEntries(now) } });
  }
  return timed.sort((a, b) => a.milliseconds - b.milliseconds)[0]?.candidate;
}

type Memory = z.infer<typeof memorySchema>;

/** Nothing where nothing is remembered of this machine, or what is cannot be read: it is measured again. */
function recall(storage: string, machine: string): Memory['engines'] {
  try {
    const memory = memorySchema.parse(JSON.parse(readFileSync(speedsFile(storage), 'utf8')));
    return memory.machine === machine ? memory.engines : {};
  } catch {
    return {};
  }
}

function remember(storage: string, memory: Memory): void {
  try {
    mkdirSync(storage, { recursive: true });
    writeFileAtomic.sync(speedsFile(storage), `${JSON.stringify(memory, null, 2)}\n`);
  } catch {
    // Where nothing can be written it is measured each time.
  }
}
