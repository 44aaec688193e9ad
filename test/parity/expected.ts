/** What `expected.json` holds, checked before anything is replayed. */
import { z } from 'zod';

/** @throws Error with one sentence that names the file and the key */
export function parseExpected<T extends z.ZodType>(schema: T, file: string, json: unknown): z.output<T> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${file} is wrong at ${issue?.path.join('.')}: ${issue?.message}.`);
}

/** A number, which JSON cannot say of NaN. */
export const numberOrNan = z.union([z.number(), z.literal('nan').transform(() => Number.NaN)]);

/** Of each folder: how they were made, which is nothing to compare. */
const ABOUT: readonly string[] = ['config', 'noise', 'versions'];

/** The keys that are neither `compared` nor about how the folder was made. */
export const unknownKeys = (json: unknown, compared: readonly string[]): string[] =>
  Object.keys(json ?? {})
    .filter((key) => !compared.includes(key) && !ABOUT.includes(key))
    .map((key) => `${key} of expected.json`);
