/** What has been found out about this machine, in a file of the storage folder a subject: nothing is measured twice. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';

export interface Memory<T> {
  /** Name of the file, which ends in `.json`. */
  readonly file: string;
  readonly schema: z.ZodType<T>;
}

const SCHEMA = 1;

export const memoryFile = (storage: string, { file }: Pick<Memory<unknown>, 'file'>): string =>
  path.join(storage, file);

/** Undefined where nothing is remembered of this machine, or what is cannot be read: it is found out again. */
export function recall<T>(storage: string, memory: Memory<T>, machine: string): T | undefined {
  const schema = z.object({ schema: z.literal(SCHEMA), machine: z.string(), known: memory.schema });
  try {
    const read = schema.parse(JSON.parse(readFileSync(memoryFile(storage, memory), 'utf8')));
    return read.machine === machine ? read.known : undefined;
  } catch {
    return undefined;
  }
}

/** Where nothing can be written it is found out each time. */
export function remember<T>(storage: string, memory: Memory<T>, machine: string, known: T): void {
  try {
    mkdirSync(storage, { recursive: true });
    const text = JSON.stringify({ schema: SCHEMA, machine, known }, null, 2);
    writeFileAtomic.sync(memoryFile(storage, memory), `${text}\n`);
  } catch {
    // As said above.
  }
}

export function forget(storage: string, memory: Pick<Memory<unknown>, 'file'>): void {
  try {
    rmSync(memoryFile(storage, memory), { force: true });
  } catch {
    // What cannot be deleted cannot be written anew either.
  }
}
