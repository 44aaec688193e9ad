/** The `config.json` beside the weights of transformers or timm: what the weights themselves do not tell. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { aboutFile, FileFault, OpenFile } from './openFile.js';

/** Of other models of theirs the configuration may be long: it lists each class. */
const MAX_BYTES = 16 * 2 ** 20;

const configSchema = z.record(z.string(), z.unknown());
export type ModelConfig = Readonly<Record<string, unknown>> & {
  /** The configuration's file, for sentences about it. */
  readonly path: string;
};

/**
 * @param file of weights
 * @returns the configuration beside it; undefined when there is none, or it is of another program
 * @throws Error with one sentence that names the configuration
 */
export function configBeside(file: string): ModelConfig | undefined {
  const config = jsonBeside(file, 'config.json');
  const isTheirs = typeof config?.['model_type'] === 'string' || typeof config?.['architecture'] === 'string';
  return isTheirs ? config : undefined;
}

/**
 * @param file of weights
 * @param name of a file of JSON in the same folder
 * @returns the object in it; undefined when there is none
 * @throws Error with one sentence that names the file of JSON, when it cannot be read
 */
export function jsonBeside(file: string, name: string): ModelConfig | undefined {
  const path = join(dirname(file), name);
  if (!existsSync(path)) return undefined;
  const parsed = configSchema.safeParse(jsonOf(path));
  return parsed.success ? { ...parsed.data, path } : undefined;
}

function jsonOf(path: string): unknown {
  const file = new OpenFile(path);
  try {
    if (file.size > MAX_BYTES) throw new FileFault(`has ${file.size} bytes, more than any configuration of a model`);
    return JSON.parse(Buffer.from(file.head(file.size)).toString('utf8'));
  } catch (error) {
    throw aboutFile(path, error instanceof SyntaxError ? new FileFault('is not valid JSON') : error);
  } finally {
    file.close();
  }
}
