import type { Dialect } from './dialects/dialect.js';
import { dictionariesIn } from './networks.js';
import { oddNesting } from './pickle/nesting.js';
import type { WeightsFile } from './weightsFile.js';

/** Why a file has no network: a damaged tensor, if there is one, else the names that it has instead. */
export async function noNetwork(file: WeightsFile, dialects: readonly Dialect[]): Promise<Error> {
  const names: string[] = [];
  for (const { dictionary, path } of dictionariesIn(file.root)) {
    for (const [key, value] of dictionary) {
      const name = [...path, String(key)].join('.');
      const tensor = file.tensor(value, name);
      if (!tensor) continue;
      await file.check(tensor, name);
      names.push(name);
    }
  }
  const classifier = names.find((name) => /(?:^|\.)linear\.weight$/.test(name));
  if (classifier !== undefined && names.length === 2)
    return new Error(
      `${file.path} holds a linear classifier alone (${classifier}): open the file of the backbone that it takes the features of.`,
    );
  const odd = names.length === 0 ? oddNesting(file.root) : undefined;
  if (odd !== undefined) return new Error(`${file.path} holds no network: ${odd}.`);
  const kinds = [...new Set(dialects.map(({ kind }) => kind))].join(' and no ');
  const instead =
    names.length === 0 ? 'it has no tensors' : `its tensors have names such as ${names.slice(0, 3).join(', ')}`;
  return new Error(`${file.path} holds no ${kinds} of a library that is known: ${instead}.`);
}
