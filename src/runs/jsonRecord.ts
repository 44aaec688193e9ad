import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { schemaProblem } from '../errors/schemaProblem.js';
import { fileProblem } from '../files/fileProblem.js';

/** A record that stands beside data, in a file of JSON. @throws Error with one sentence that names the file */
export function readJsonRecord<T>(file: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof SyntaxError ? 'it is not JSON' : fileProblem(error)}.`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Error(`${file} is damaged: ${schemaProblem(parsed.error, json)}.`);
}
