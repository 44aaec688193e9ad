/**
 * What a person noted of a run: another name, a star, how it is drawn, that it is put away. In a file of its own, since
 * the record belongs to the process that trains, which may be another one.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { fileProblem } from '../files/fileProblem.js';

/** Runs that can be told apart by color, dashes and marker. */
export const LOOKS = 7;

export const notesFile = (dir: string): string => join(dir, 'notes.json');

const notesSchema = z.object({
  name: z.string().trim().min(1).max(200).optional(),
  isStarred: z.literal(true).optional(),
  isArchived: z.literal(true).optional(),
  /** One of {@link LOOKS}; absent: what follows from the run's folder. */
  look: z
    .int()
    .min(0)
    .max(LOOKS - 1)
    .optional(),
});
export type RunNotes = Readonly<z.output<typeof notesSchema>>;

/** Nothing is noted where the file is absent, or damaged: a run is no worse for it. */
export function readNotes(dir: string): RunNotes {
  try {
    return notesSchema.parse(JSON.parse(readFileSync(notesFile(dir), 'utf8')));
  } catch {
    return {};
  }
}

/** Changes what is noted; `undefined` takes a note away. @throws Error when it is not valid or cannot be written */
export function changeNotes(
  dir: string,
  change: { readonly [Key in keyof RunNotes]?: RunNotes[Key] | undefined },
): void {
  const { data, error } = notesSchema.safeParse({ ...readNotes(dir), ...change });
  if (error) throw new Error(`This cannot be noted of the run ${dir}: ${error.issues[0]?.message ?? 'not valid'}.`);
  try {
    if (Object.values(data).every((value) => value === undefined)) rmSync(notesFile(dir), { force: true });
    else writeFileAtomic.sync(notesFile(dir), `${JSON.stringify(data, null, 2)}\n`);
  } catch (problem) {
    throw new Error(`${notesFile(dir)} cannot be written: ${fileProblem(problem)}.`);
  }
}
