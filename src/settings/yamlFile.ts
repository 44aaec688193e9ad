/** A config of DINOv2, which is YAML with groups of keys. */
import { LineCounter, parseDocument } from 'yaml';

/** @throws Error when it is none: the end of a sentence about the file, without its full stop */
export function parseYaml(text: string): Readonly<Record<string, unknown>> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new Error(`is not valid YAML: line ${line}, column ${col}: ${error.message.replace(/\.$/, '')}`);
  }
  const values: unknown = document.toJS();
  if (!isGroup(values)) throw new Error('must hold groups of keys, such as those of DINOv2');
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => withGroup(key, value)));
}

/** `{ optim: { epochs: 100 } }` is `optim.epochs`. */
const withGroup = (key: string, value: unknown): [string, unknown][] =>
  isGroup(value) ? Object.entries(value).flatMap(([own, inner]) => withGroup(`${key}.${own}`, inner)) : [[key, value]];

const isGroup = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
