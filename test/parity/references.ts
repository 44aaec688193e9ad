/** Reference folders (see test/reference/README.md): found, told by kind, and read. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileProblem } from '../../src/files/fileProblem.js';
import type { Kind, Replayable } from './kind.js';
import { KINDS } from './kinds/index.js';

/** Where the folders of this repository lie. */
export const REFERENCES = 'test/reference';

/** The folders under `root` that can be replayed, in order of name, and why each other folder with an `expected.json` cannot. */
export function findReferences(root = REFERENCES): { readonly folders: string[]; readonly others: string[] } {
  const folders: string[] = [];
  const others: string[] = [];
  for (const entry of readdirSync(root, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const dir = join(root, entry.name);
    if (!entry.isDirectory() || !existsSync(join(dir, 'expected.json'))) continue;
    try {
      kindOf(dir);
      folders.push(dir);
    } catch (error) {
      others.push((error as Error).message);
    }
  }
  return { folders, others };
}

/** @throws Error with one sentence that names the file, and in it the key or the tensor */
export function readReference(dir: string): Replayable {
  const { kind, file, json } = kindOf(dir);
  return kind.read(dir, file, json);
}

function kindOf(dir: string): { kind: Kind; file: string; json: Readonly<Record<string, unknown>> } {
  const file = join(dir, 'expected.json');
  const known = KINDS.map(({ name, tellBy }) => `${name} (${tellBy})`);
  const refused = (what: string) => new Error(`${what}; known kinds of reference: ${listed(known)}.`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw refused(`${file} cannot be read: ${fileProblem(error)}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refused(`${file} is not JSON`);
  }
  const content = isRecord(json) ? json : {};
  const kind = KINDS.find((kind) => kind.recognizes(content));
  if (kind) return { kind, file, json: content };
  const keys = Object.keys(content);
  throw refused(`${file} holds ${keys.length > 0 ? listed(keys) : 'no keys'}`);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
