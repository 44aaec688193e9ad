/**
 * A model in several files, as Hugging Face's libraries store a large one: `model.safetensors.index.json` lists which tensor lies in
 * which file beside it.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { errorMessage } from '../errors/errorMessage.js';
import { isText } from './fileKind.js';
import type { WeightFormat, WeightsTree } from './format.js';
import { formatOf } from './formatOf.js';
import { FileFault, OpenFile } from './openFile.js';
import { entriesOf } from './pickle/values.js';
import { StoredTensor } from './storedTensor.js';

/** Ten times the list of the largest model there is. */
const MAX_INDEX_BYTES = 16 * 2 ** 20;
const MOST_PARTS = 1000;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** @param formats that the parts may have */
export const shardsOf = (formats: readonly WeightFormat[]): WeightFormat => ({
  name: 'the list of the parts of a model',
  endings: ['json'],
  recognizes: (head) => isText(head) && /^\s*\{/.test(head.toString()) && /"weight_map"/.test(head.toString()),
  open: async (file) => {
    const index = readIndex(file);
    const parts = new Map<string, Part>();
    const close = () => {
      for (const part of parts.values()) part.close();
    };
    try {
      for (const name of new Set(Object.values(index)))
        parts.set(name, await openPart(join(dirname(file.path), name), name, formats));
      return { ...joined(index, parts), close };
    } catch (error) {
      close();
      throw error;
    }
  },
});

function readIndex(file: OpenFile): Readonly<Record<string, string>> {
  if (file.size > MAX_INDEX_BYTES) throw new FileFault(`is a list of ${file.size} bytes, longer than any model's`);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(file.head(file.size)).toString('utf8'));
  } catch {
    throw new FileFault('is not valid JSON; copy or download it again');
  }
  const parsed = indexSchema.safeParse(json);
  if (!parsed.success) throw new FileFault('lists no tensors (weight_map)');
  const index = parsed.data.weight_map;
  const names = new Set(Object.values(index));
  if (names.size > MOST_PARTS) throw new FileFault(`lists ${names.size} parts, more than any model has`);
  const elsewhere = [...names].find((name) => /[/\\]|^\.\.?$/.test(name));
  if (elsewhere !== undefined) throw new FileFault(`lists ${elsewhere}, which is not a file beside it`);
  return index;
}

interface Part {
  readonly path: string;
  readonly tree: WeightsTree;
  readonly size: number;
  close(): void;
}

async function openPart(path: string, name: string, formats: readonly WeightFormat[]): Promise<Part> {
  let file: OpenFile;
  try {
    file = new OpenFile(path);
  } catch (error) {
    if (!existsSync(path)) throw new FileFault(`lists ${name}, which is not beside it: copy it there`);
    throw new FileFault(`lists ${name}, which${errorMessage(error).replace(path, '').replace(/\.$/, '')}`);
  }
  try {
    const tree = await formatOf(file, formats).open(file);
    return {
      path,
      tree,
      size: file.size,
      close: () => {
        tree.close?.();
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw new Error(
      `its part ${name} ${error instanceof FileFault ? error.message : `is damaged: ${errorMessage(error)}`}`,
    );
  }
}

/** The tensors of all parts under one root. */
function joined(index: Readonly<Record<string, string>>, parts: ReadonlyMap<string, Part>): WeightsTree {
  const root = new Map<string, StoredTensor>();
  for (const [part, { tree }] of parts) {
    for (const [name, value] of entriesOf(tree.root) ?? []) {
      const tensor = tree.tensor(value);
      if (tensor === undefined) continue;
      if (root.has(String(name))) throw new Error(`its part ${part} has ${String(name)}, which another part has too`);
      root.set(String(name), tensor);
    }
  }
  const missing = Object.entries(index).find(([name]) => !root.has(name));
  if (missing !== undefined) throw new Error(`its part ${missing[1]} lacks ${missing[0]}`);
  return {
    root,
    foreign: [...new Set([...parts.values()].flatMap(({ tree }) => tree.foreign))],
    parts: {
      paths: [...parts.values()].map(({ path }) => path),
      size: [...parts.values()].reduce((sum, { size }) => sum + size, 0),
    },
    tensor: (value) => (value instanceof StoredTensor ? value : undefined),
  };
}
