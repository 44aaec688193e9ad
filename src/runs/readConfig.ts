import { statSync } from 'node:fs';
import { type ConfigFile, readConfigFile } from '../settings/configFile.js';
import { isTorchFile, readSavedArguments } from '../weights/savedArguments.js';

/**
 * Reads a config file of any kind: settings as JSON, the arguments of a run of the original as text, or a PyTorch checkpoint
 * of the original, which keeps them.
 * @throws Error with one sentence naming the file and what is wrong with it
 */
export async function readConfig(path: string): Promise<ConfigFile> {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  if (!isFile || !isTorchFile(path)) return readConfigFile(path);
  return { path, values: await readSavedArguments(path), isOriginal: true };
}
