/** What a person should know of a file that was read: one sentence each. */
import type { Dialect, ForeignNetwork, StoredBackbone } from './dialects/dialect.js';
import { numbersOf } from './elements.js';
import type { NamedStored } from './storedSpecs.js';
import type { WeightsFile } from './weightsFile.js';

export const readingNotes = (
  network: ForeignNetwork & { readonly dialect: Dialect },
  { tensors }: Pick<StoredBackbone, 'tensors'>,
): string[] => [...configNote(network), ...numbersNote(network.file.path, tensors), ...foreignNote(network.file)];

/** Every float16 and bfloat16 is a float32 as well; a float64 is not. */
function numbersNote(path: string, tensors: NamedStored): string[] {
  const elements = new Set(Object.values(tensors).map(({ element }) => element));
  const halves = ['F16', 'BF16'].filter((element) => elements.has(element));
  return [
    ...(elements.has('F64') ? [`${path} holds float64 weights, which are rounded to float32.`] : []),
    ...(halves.length > 0
      ? [`${path} holds ${halves.map(numbersOf).join(' and ')} weights, which float32 holds exactly.`]
      : []),
  ];
}

/** Of a configuration of another library: it is of other weights, most likely. */
function configNote({ dialect, config, file }: ForeignNetwork & { readonly dialect: Dialect }): string[] {
  if (config === undefined || dialect.configOf?.({ file, config }) !== undefined) return [];
  return [`${config.path} is left unread: the tensors beside it have the names of ${dialect.name}.`];
}

const MOST_NAMED = 3;

function foreignNote({ path, foreign }: WeightsFile): string[] {
  if (foreign.length === 0) return [];
  const named = foreign.slice(0, MOST_NAMED).join(', ');
  const more = foreign.length > MOST_NAMED ? ` and ${foreign.length - MOST_NAMED} more` : '';
  return [
    `${path} also names ${named}${more}: what Python would make of that stays unread, and nothing of it was run.`,
  ];
}
