import { readFileSync } from 'node:fs';
import {
  applyEdits,
  findNodeAtLocation,
  modify,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { fileProblem } from '../files/fileProblem.js';
import { isArgumentsText, parseArgumentsText } from './argumentsText.js';
import { parseYaml } from './yamlFile.js';

/** A config file's keys and values as they stand, not yet checked against the settings. */
export interface ConfigFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Whether it holds all arguments of a run of the original, and so of another machine. */
  readonly isOriginal?: boolean;
}

/**
 * Reads a JSON file in which comments and trailing commas are allowed, the arguments of a run of the original, or a config of DINOv2
 * (`.yaml`).
 * @throws Error naming the file, and the line and column of what is wrong in it
 */
export function readConfigFile(path: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new Error(`The config file ${path} cannot be read: ${fileProblem(error)}.`);
  }
  if (/\.ya?ml$/i.test(path)) return { path, values: groupedValues(path, text), isOriginal: true };
  if (isArgumentsText(text)) return { path, values: originalValues(path, text), isOriginal: true };
  const errors: ParseError[] = [];
  const values: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const before = text.slice(0, first.offset).split('\n');
    const column = (before.at(-1) ?? '').length + 1;
    const what = printParseErrorCode(first.error).replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    throw new Error(`The config file ${path} is not valid JSON: line ${before.length}, column ${column}: ${what}.`);
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new Error(`The config file ${path} must hold one JSON object, such as { "epochs": 20 }.`);
  return { path, values: values as Record<string, unknown> };
}

function groupedValues(path: string, text: string): ConfigFile['values'] {
  try {
    return { method: 'dinov2', ...parseYaml(text) };
  } catch (error) {
    throw new Error(`The config file ${path} ${fileProblem(error)}.`);
  }
}

function originalValues(path: string, text: string): ConfigFile['values'] {
  try {
    return parseArgumentsText(text);
  } catch (error) {
    throw new Error(`The config file ${path} ${fileProblem(error)}.`);
  }
}

/** A config file's text with other values for some keys; its comments, its other keys and their order stay. */
export function withConfigValues(text: string, values: Readonly<Record<string, unknown>>): string {
  const formattingOptions = { tabSize: 2, insertSpaces: true, eol: text.includes('\r\n') ? '\r\n' : '\n' };
  const changed = Object.entries(values).reduce(
    (before, [key, value]) => applyEdits(before, modify(before, [key], value, { formattingOptions })),
    text,
  );
  return Object.entries(values).reduce(
    (before, [key, value]) => (Array.isArray(value) ? withListOnOneLine(before, key, value) : before),
    changed,
  );
}

/** The formatter gives each number of a range a line of its own. */
function withListOnOneLine(text: string, key: string, list: readonly unknown[]): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const node = root && findNodeAtLocation(root, [key]);
  if (node === undefined) return text;
  const content = `[${list.map((item) => JSON.stringify(item)).join(', ')}]`;
  return applyEdits(text, [{ offset: node.offset, length: node.length, content }]);
}
